// Thumbnails of a job: asked for a hundred at a time, kept while there is room.

import { get } from "./http.js";
import { element } from "./page.js";

const BATCH = 100;
const KEPT = 3000;
/** Where a browser shows no TIFF, what the model saw of it is better than nothing, but it is not the image as sent. */
const LOOKS = ["image", "normalized"];
/** The edge of an image that was made small, in pixels: twice what a contact sheet shows. */
const SMALL = 112;

export class Pictures {
  constructor(jobId) {
    this.base = `/v1/jobs/${jobId}`;
    this.kept = new Map();
    this.wanted = [];
  }

  /** Show image `index` inside `frame`, now or as soon as it is here. */
  show(index, frame) {
    frame.dataset.index = index;
    const tile = this.kept.get(index);
    if (tile) return this.draw(tile, frame);
    frame.replaceChildren();
    if (!this.wanted.length) setTimeout(() => this.fetch(), 30);
    this.wanted.push(frame);
  }

  async fetch() {
    // What has been scrolled away meanwhile is not worth asking for.
    const frames = this.wanted.filter((frame) => frame.isConnected);
    this.wanted = [];
    const indexes = [...new Set(frames.map((frame) => Number(frame.dataset.index)))];
    for (let start = 0; start < indexes.length; start += BATCH) {
      for (const tile of await this.tiles(indexes.slice(start, start + BATCH)).catch(() => [])) {
        this.keep(tile);
        for (const frame of frames) if (frame.dataset.index === String(tile.index)) this.draw(tile, frame);
      }
    }
  }

  async tiles(indexes) {
    return (await get(`${this.base}/tiles?index=${indexes.join(",")}`)).data;
  }

  /** Many images as data URLs by their index, large ones made small, so that a page with them needs nothing else. */
  async all(indexes) {
    const found = new Map();
    const find = async (tile) => found.set(tile.index, await this.dataUrlOf(tile));
    for (let start = 0; start < indexes.length; start += BATCH) {
      await Promise.all((await this.tiles(indexes.slice(start, start + BATCH))).map(find));
    }
    return found;
  }

  async dataUrlOf(tile) {
    const drawn = graymapOf(tile);
    if (drawn) return drawn.toDataURL();
    for (const src of sourcesOf(tile, LOOKS.map((look) => this.addressOf(tile, look)))) {
      const image = element("img", { src });
      const loaded = await image.decode().then(() => true, () => false);
      if (loaded) return src.startsWith("data:") ? src : madeSmall(image);
    }
    return "";
  }

  keep(tile) {
    this.kept.set(tile.index, tile);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
  }

  draw(tile, frame) {
    const looks = "asSent" in frame.dataset ? LOOKS.slice(0, 1) : LOOKS;
    frame.replaceChildren(pictureOf(tile, looks.map((look) => this.addressOf(tile, look))));
  }

  addressOf(tile, look) {
    return `${this.base}/results/${tile.index}/${look}`;
  }
}

/** An image, from the first source that the browser shows; or a word if there is none. */
function pictureOf(tile, addresses) {
  if (!tile.media_type) return "no image";
  return graymapOf(tile) ?? imageOf(sourcesOf(tile, addresses));
}

/** An image's own bytes, or if it is large the first address; then the others. */
const sourcesOf = ({ media_type, data }, [address, ...others]) => [
  data ? `data:${media_type};base64,${data}` : address,
  ...others,
];

function imageOf(sources) {
  const image = element("img", { alt: "", decoding: "async", loading: "lazy" });
  image.addEventListener("load", () => image.classList.toggle("large", image.naturalWidth > 64));
  const showNext = () => (sources.length ? (image.src = sources.shift()) : image.replaceWith("no preview"));
  image.addEventListener("error", showNext);
  showNext();
  return image;
}

/** A PGM file, which browsers do not know, as pixels that were sent as numbers are kept; if it is small and whole. */
function graymapOf({ media_type, data }) {
  const bytes = media_type === "image/x-portable-graymap" && data ? atob(data) : "";
  const [header, ...size] = bytes.match(/^P5\s+(?:#.*\s+)*(\d+)\s+(\d+)\s+255\s/) ?? [];
  const [width, height] = size.map(Number);
  const whole = width * height > 0 && header.length + width * height <= bytes.length;
  return whole ? graymap(bytes.slice(header.length), width, height) : null;
}

function graymap(grays, width, height) {
  const canvas = element("canvas", { width, height });
  const pixels = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    pixels.data.fill(grays.charCodeAt(at), 4 * at, 4 * at + 3);
    pixels.data[4 * at + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

function madeSmall(image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(1, SMALL / Math.max(width, height));
  const scaled = (edge) => Math.max(1, Math.round(scale * edge));
  const canvas = element("canvas", { width: scaled(width), height: scaled(height) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}
