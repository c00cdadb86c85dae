// Stands in until the map is drawn.
import { replace } from "../dom";
import type { Place } from "../route";
import type { Rows } from "../rows";

export class MapView {
  constructor(
    private readonly place: HTMLElement,
    readonly rows: Rows,
    readonly acts: { open: (id: string) => void },
  ) {}

  show(_: Place): void {
    replace(this.place);
  }

  choose(_: string | null): void {
    this.ask();
  }

  ask(): void {}
}
