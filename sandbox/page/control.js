/** The sandbox's control interface (docs/sandbox.md) over HTTP. */

/** The sandbox refused; `message` is its reason, `status` its HTTP status (0: it could not be reached). */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** One request; the JSON answer, or null for 204. Throws Refused, or AbortError when `signal` says so. */
export async function ask(path, { method = "GET", body, signal } = {}) {
  let response;
  try {
    response = await fetch(`/control/${path}`, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("the sandbox does not answer", 0);
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(answer.error ?? `HTTP ${response.status}`, response.status);
  return answer;
}

/** What `person` sees. After a revision seen before, waits up to `wait` seconds for a newer one: null without one. */
export function look(person, { after = null, wait = 0, signal } = {}) {
  const query = after === null ? { person } : { person, after, wait };
  return ask(`view?${new URLSearchParams(query)}`, { signal });
}

/** The content of a chosen file as base64, as the control interface takes it. */
export function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Refused(`cannot read ${file.name}`, 0));
    reader.readAsDataURL(file);
  });
}
