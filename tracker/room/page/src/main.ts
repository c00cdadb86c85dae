// The page put together: sign in; then the list, the dossier and the map side by side, fed by one stream, ruled by keys.
import { h, replace } from "./dom";
import { readDesk } from "./desk";
import { beginLook } from "./look";
import { findSession, may, signIn, watchHand } from "./session";
import { unlockByHand } from "./sound";
import { language, t } from "./texts";
import { Away } from "./api";

async function begin(): Promise<void> {
  document.documentElement.lang = language;
  beginLook();
  const place = document.getElementById("page");
  if (place === null) return;
  unlockByHand();
  for (;;) {
    try {
      const found = await findSession();
      if (found === null || found.must_change_password) await signIn(place);
      break;
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      replace(place, h("p", { class: "card" }, t("away.room")));
      await new Promise((go) => setTimeout(go, 2000));
    }
  }
  watchHand();
  if (!may("see_alerts")) {
    const { Alone } = await import("./pages/alone");
    const alone = new Alone();
    replace(place, alone.element);
    alone.begin();
    return;
  }
  const { Room } = await import("./room");
  const room = new Room();
  replace(place, room.element);
  await Promise.all([readDesk().catch(() => undefined), room.begin()]);
}

void begin();
