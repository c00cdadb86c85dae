// The one stream of alerts of this browser. Whichever tab holds the lock follows the room and hands on what it hears to the others; a tab that takes over
// goes on where the last one was. A line that says nothing for twelve seconds is taken for broken, and looked for again, at once and then ever later.
import { Refused } from "./api";
import { sessionIsOver } from "./session";
import { noteServerTime } from "./time";
import type { EngineTold, Row } from "./shapes";

export interface Told {
  kind: "alert" | "heartbeat" | "reset" | "line" | "hello";
  id?: string;
  at?: string;
  cause?: string;
  alert?: Row;
  engines?: EngineTold[];
  isUp?: boolean;
}

const SILENCE_MS = 12_000;
const AGAIN_MS = [0, 500, 1000, 2000, 4000, 8000, 15_000];

export class Stream {
  private readonly channel = new BroadcastChannel("tidewaiter.stream");
  private lastId: string | null = null;
  private heardMs = performance.now();
  private isUp = false;
  private isLeader = false;

  constructor(private readonly take: (told: Told) => void) {
    this.channel.addEventListener("message", (event: MessageEvent<Told>) => this.heard(event.data));
  }

  /** Follow, as leader or behind one, for the life of the page. */
  start(): void {
    this.channel.postMessage({ kind: "hello" } satisfies Told); // a tab that leads says at once where it is
    if ("locks" in navigator) void navigator.locks.request("tidewaiter.stream", () => this.lead());
    else void this.lead();
  }

  /** How old what this page shows may be, in milliseconds. */
  get ageMs(): number {
    return performance.now() - this.heardMs;
  }

  get isConnected(): boolean {
    return this.isUp;
  }

  private heard(told: Told): void {
    if (told.kind === "hello") {
      if (this.isLeader && this.isUp) this.channel.postMessage({ kind: "line", isUp: true, id: this.lastId ?? undefined } satisfies Told);
      return;
    }
    if (told.kind === "line") {
      this.isUp = told.isUp ?? false;
      this.lastId = told.id ?? this.lastId;
    } else {
      this.isUp = true;
      this.heardMs = performance.now();
      noteServerTime(told.at);
      this.lastId = told.id ?? this.lastId;
    }
    this.take(told);
  }

  private tell(told: Told): void {
    this.channel.postMessage(told);
    this.heard(told);
  }

  private async lead(): Promise<never> {
    this.isLeader = true;
    document.documentElement.dataset["leads"] = "yes";
    for (let failed = 0; ; failed += 1) {
      try {
        await this.follow(() => {
          failed = 0;
        });
      } catch (error) {
        if (error instanceof Refused && error.status === 401) {
          if (this.isUp) this.tell({ kind: "line", isUp: false });
          if (await sessionIsOver(error.members["may_renew"] === true)) failed = -1;
        }
      }
      if (this.isUp) this.tell({ kind: "line", isUp: false });
      const wait = AGAIN_MS[Math.min(Math.max(failed, 0), AGAIN_MS.length - 1)] ?? 0;
      await new Promise((go) => setTimeout(go, wait * (0.75 + Math.random() / 2)));
    }
  }

  private async follow(isHeard: () => void): Promise<void> {
    const abort = new AbortController();
    let alarm = setTimeout(() => abort.abort(), SILENCE_MS);
    const lives = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => abort.abort(), SILENCE_MS);
    };
    try {
      const headers: Record<string, string> = this.lastId === null ? {} : { "Last-Event-ID": this.lastId };
      const response = await fetch("/api/v1/stream/alerts", { headers, signal: abort.signal, cache: "no-store" });
      if (!response.ok || response.body === null) {
        const told = (await response.json().catch(() => ({}))) as Record<string, unknown>;
        throw new Refused(response.status, String(told["detail"] ?? ""), told);
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        lives();
        isHeard();
        rest += value;
        const blocks = rest.split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const told = read(block);
          if (told !== null) this.tell(told);
        }
      }
    } finally {
      clearTimeout(alarm);
      abort.abort();
    }
  }
}

/** One server-sent event. */
export function read(block: string): Told | null {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2));
  }
  const kind = fields.get("event");
  if (kind !== "alert" && kind !== "heartbeat" && kind !== "reset") return null;
  return { ...(JSON.parse(fields.get("data") ?? "{}") as object), kind, id: fields.get("id") };
}
