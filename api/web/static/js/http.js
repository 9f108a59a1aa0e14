// Talks to the API; what goes wrong becomes an Error whose message can be shown as it is.

async function problemOf(response) {
  const problem = await response.json().catch(() => ({}));
  return new Error(problem.detail || `The service answered ${response.status}; try again in a moment.`);
}

export async function call(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options).catch(() => {
    throw new Error("The service cannot be reached; is it running?");
  });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : response.json();
}

export const get = (path) => call("GET", path);
