// Asks the room. A session that ran out is taken up again in place, and the request goes on; every refusal is a sentence.
import { noteServerTime } from "./time";

export interface Answer<T> {
  data: T;
  etag: string | null;
}

/** The room did not do as asked: its status, its sentence, and what else it said. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly members: Record<string, unknown>,
  ) {
    super(detail);
  }
}

/** Nobody answered: the room is away, or the line is broken. */
export class Away extends Error {}

type Renewer = (mayRenew: boolean) => Promise<boolean>;
let renewer: Renewer = () => Promise.resolve(false);

/** Who asks for the password where a session is over; true where it goes on. */
export function onSessionOver(renew: Renewer): void {
  renewer = renew;
}

export async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const isSession = path.startsWith("/session");
  for (;;) {
    let response: Response;
    try {
      response = await fetch(`/api/v1${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        credentials: "same-origin",
        signal,
      });
    } catch (error) {
      if (signal?.aborted) throw error; // nobody waits for it any longer
      throw new Away();
    }
    const text = response.status === 204 ? "" : await response.text();
    const told = (text ? JSON.parse(text) : {}) as Record<string, unknown>;
    if (response.ok) {
      noteServerTime(told["at"] as string | undefined);
      return { data: told as T, etag: response.headers.get("etag") };
    }
    const { detail, ...members } = told;
    if (response.status === 401 && !isSession && (await renewer(members["may_renew"] === true))) continue;
    throw new Refused(response.status, String(detail ?? response.statusText), members);
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask<T>("GET", path, undefined, {}, signal)).data;
}
