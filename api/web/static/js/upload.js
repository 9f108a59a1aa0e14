// Sends files as one job. XMLHttpRequest, because fetch tells nothing about the progress of an upload.

/** The job that `files` ([{file, path}]) became; `onProgress` hears the share sent, `signal` stops it. */
export function upload(files, { name, onProgress, signal }) {
  const form = new FormData();
  form.append("metadata", JSON.stringify({ name: name.slice(0, 200) }));
  for (const { file, path } of files) form.append("files", file, path);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/jobs");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => (request.status < 300 ? resolve(request.response) : reject(refusal(request)));
    request.onerror = () => reject(new Error("The upload broke off; is the service running?"));
    request.onabort = () => reject(new Error("Stopped; nothing was submitted."));
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

const refusal = (request) => new Error(request.response?.detail || `The service answered ${request.status}.`);

/** What to call the job: its one file, its one folder, or how many there are. */
export function nameOf(files) {
  if (files.length === 1) return files[0].path;
  const tops = new Set(files.map(({ path }) => path.split("/")[0]));
  return tops.size === 1 ? [...tops][0] : `${files.length} files`;
}
