// Follows a job by server-sent events. When the connection breaks the browser comes back by itself; when it is answered
// by anything but events, as while the service starts, it gives up, so it is sent again.

const PAUSE_MS = 3000;

export function follow(jobId, onChange) {
  const source = new EventSource(`/v1/jobs/${jobId}/events?results=false`);
  source.addEventListener("progress", (event) => onChange(JSON.parse(event.data)));
  source.addEventListener("completed", (event) => {
    source.close();
    onChange(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(jobId, onChange), PAUSE_MS);
  });
}
