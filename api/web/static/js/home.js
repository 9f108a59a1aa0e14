// The first page: take images in, then go to their job.

import { fromDrop, fromList, leftOutWords, sift } from "./gather.js";
import { byId, count, toast } from "./page.js";
import { nameOf, upload } from "./upload.js";

const drop = byId("drop");
const NOTHING = "There is no file in that; images, folders and archives can be sent.";
let sending = null;

async function submit(found) {
  if (sending) return;
  const { files, leftOut } = sift(found);
  if (!files.length) return toast(leftOut ? leftOutWords(leftOut) : NOTHING);
  sending = new AbortController();
  show(files);
  try {
    const job = await upload(files, { name: nameOf(files), onProgress, signal: sending.signal });
    location.assign(`/jobs/${job.id}${leftOut ? `#left-out=${leftOut}` : ""}`);
  } catch (error) {
    toast(error.message);
  }
  sending = null;
  show(null);
}

function show(files) {
  drop.querySelector(".drop-inner").hidden = Boolean(files);
  byId("sending").hidden = !files;
  const what = files?.length === 1 ? files[0].path : `${count(files?.length ?? 0)} files`;
  byId("sending-text").textContent = `Sending ${what} …`;
  byId("sending-bar").value = 0;
  byId("sending-stop").hidden = false;
}

function onProgress(share) {
  byId("sending-bar").value = share;
  if (share < 1) return;
  byId("sending-text").textContent = "Sent; the images are being stored …";
  // From here on there may be a job, whether its number arrives or not.
  byId("sending-stop").hidden = true;
}

async function sample() {
  const response = await fetch("/static/sample.zip");
  submit(fromList([new File([await response.blob()], "sample.zip")]));
}

for (const button of document.querySelectorAll("[data-choose]")) {
  const input = byId(button.dataset.choose);
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    submit(fromList(input.files));
    // Else choosing the same once more, as after a broken upload, is no change.
    input.value = "";
  });
}
byId("sample").addEventListener("click", sample);
byId("sending-stop").addEventListener("click", () => sending?.abort());

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || drop.classList.remove("over"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  submit(await fromDrop(event.dataTransfer));
});
document.addEventListener("paste", (event) => submit(fromList(event.clipboardData.files)));
