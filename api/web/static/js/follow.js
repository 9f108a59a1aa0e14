// Follows a job by server-sent events; the browser comes back by itself when the connection breaks.

export function follow(jobId, onChange) {
  const source = new EventSource(`/v1/jobs/${jobId}/events?results=false`);
  source.addEventListener("progress", (event) => onChange(JSON.parse(event.data)));
  source.addEventListener("completed", (event) => {
    source.close();
    onChange(JSON.parse(event.data));
  });
}
