// Acts on alerts: each with the version that was on the screen, once (Idempotency-Key), with a way back for thirty seconds. A refusal says who changed what.
import { ask, Away, Refused } from "./api";
import { nameOf } from "./desk";
import { done, refused } from "./notices";
import type { Rows } from "./rows";
import { t, word, type TextName } from "./texts";
import { utc } from "./time";
import type { Row } from "./shapes";

export type Body = { act: string } & Record<string, unknown>;
interface Told {
  what: string;
  by: string;
  at: string;
}

const JUDGES_FACTS = new Set(["acknowledge", "shelve", "close", "reopen"]);
const JUST_NOW_MS = 700;
const MOST_AT_ONCE = 500;

export class Acts {
  constructor(
    private readonly rows: Rows,
    private readonly changed: () => void,
  ) {}

  /** Do one act on these alerts, as they stand on the screen. */
  async act(ids: string[], body: Body): Promise<void> {
    const now = performance.now();
    const meant = ids.map((id) => this.rows.all.get(id)).filter((one) => one !== undefined);
    if (meant.length === 0) return;
    if (JUDGES_FACTS.has(body.act) && meant.some((one) => now - one.changedMs < JUST_NOW_MS && one.moved.length > 0)) {
      refused(t("act.just_now"));
      return;
    }
    const key = { "Idempotency-Key": crypto.randomUUID() };
    try {
      const first = meant[0];
      if (meant.length === 1 && first !== undefined) await this.one(first.row, body, key);
      else await this.many(meant.map((one) => one.row), body, key);
    } catch (error) {
      this.tellRefusal(error);
    }
    this.changed();
  }

  private async one(row: Row, body: Body, key: Record<string, string>): Promise<void> {
    const answer = await ask<Row>("PATCH", `/alerts/${row.alert_id}`, body, { ...key, "If-Match": row.etag });
    this.rows.did(answer.data);
    this.rows.seen(row.alert_id);
    done(t(`did.${body.act}` as TextName, { n: 1 }), () => void this.undo([row.alert_id]));
  }

  private async many(rows: Row[], body: Body, key: Record<string, string>): Promise<void> {
    const sent = rows.slice(0, MOST_AT_ONCE).map((row) => ({ alert_id: row.alert_id, etag: row.etag }));
    const told = (await ask<{ done: { alert_id: string }[]; refused: { alert_id: string; detail: string }[] }>("POST", "/alerts/bulk", { alerts: sent, act: body }, key)).data;
    const ids = told.done.map((one) => one.alert_id);
    for (const id of ids) this.rows.seen(id);
    if (told.refused.length > 0) {
      const lines = told.refused.map((one) => `${this.rows.all.get(one.alert_id)?.row.craft ?? one.alert_id}: ${one.detail}`);
      refused(t("act.some_refused", { n: told.refused.length, all: sent.length }), lines.slice(0, 8));
    } else done(t(`did.${body.act}` as TextName, { n: ids.length }), () => void this.undo(ids));
  }

  private async undo(ids: string[]): Promise<void> {
    try {
      for (const id of ids) this.rows.did((await ask<Row>("POST", `/alerts/${id}/undo`)).data);
      done(t("act.undone", { n: ids.length }));
    } catch (error) {
      this.tellRefusal(error);
    }
    this.changed();
  }

  private tellRefusal(error: unknown): void {
    if (error instanceof Away) refused(t("away.not_done"));
    else if (error instanceof Refused) refused(error.status === 412 ? t("act.outdated") : error.message, changesOf(error.members["changes"]));
    else throw error;
  }
}

/** Who did what since, a line each. */
function changesOf(told: unknown): string[] {
  if (!Array.isArray(told)) return [];
  return (told as Told[]).slice(-6).map((one) => [one.by.startsWith("engine:") ? "" : nameOf(one.by), word("acted", one.what), utc(one.at)].filter(Boolean).join(" · "));
}
