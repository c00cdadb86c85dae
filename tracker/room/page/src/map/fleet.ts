// Where craft are now: columns of the room kept as arrays, one place for each craft, on the plane of the map. Asked every second while the map is looked at.
import { get } from "../api";
import { serverNow } from "../time";

interface Answer {
  at: string;
  since: string;
  is_whole: boolean;
  newest_s: number;
  craft: string[];
  time_s: number[];
  lat_deg: (number | null)[];
  lon_deg: (number | null)[];
  speed_kn: (number | null)[];
  course_deg: (number | null)[];
  heading_deg: (number | null)[];
  altitude_ft: (number | null)[];
}

const EARTH_M = 6_378_137;
const MOST_LAT = 85.05;
const EVERY_MS = 1000;
/** Not heard for so long a craft is drawn as lost, and later not at all. */
export const LOST_S = 1800;
/** A feed so far behind the clock is told to be. */
export const BEHIND_S = 900;
export const GONE_S = 6 * 3600;

/** Longitude and latitude on the plane of the map (EPSG:3857), in metres. */
export function planeOf(lonDeg: number, latDeg: number): [number, number] {
  const lat = Math.max(Math.min(latDeg, MOST_LAT), -MOST_LAT);
  return [(lonDeg * Math.PI * EARTH_M) / 180, Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * EARTH_M];
}

export class Fleet {
  count = 0;
  craft: string[] = [];
  x = new Float64Array(1024);
  y = new Float64Array(1024);
  lat = new Float32Array(1024);
  lon = new Float32Array(1024);
  timeS = new Float64Array(1024);
  speed = new Float32Array(1024);
  course = new Float32Array(1024);
  heading = new Float32Array(1024);
  altitude = new Float32Array(1024);
  /** When the room answered last, on the page's own steady clock; -Infinity before. */
  heardMs = -Infinity;
  private readonly at = new Map<string, number>();
  private newestS = 0;
  private since: string | null = null;
  private timer = 0;

  constructor(private readonly changed: () => void) {}

  /** How far the newest position is behind the room's clock, in seconds: a feed may be played late. */
  get behindS(): number {
    return this.newestS === 0 ? 0 : Math.max(serverNow() / 1000 - this.newestS, 0);
  }

  /** The instant that ages are counted to: now, or the newest position where the feed is behind. */
  get nowS(): number {
    return this.behindS > BEHIND_S ? this.newestS : serverNow() / 1000;
  }

  placeOf(craft: string): number | null {
    return this.at.get(craft) ?? null;
  }

  /** Age of a position, in seconds. */
  ageS(place: number): number {
    return this.nowS - (this.timeS[place] ?? 0);
  }

  /** Ask from now on, while `isLooked` says so. */
  follow(isLooked: () => boolean): void {
    const turn = async () => {
      if (isLooked()) await this.read().catch(() => undefined);
      this.timer = window.setTimeout(() => void turn(), EVERY_MS);
    };
    clearTimeout(this.timer);
    void turn();
  }

  private async read(): Promise<void> {
    const told = await get<Answer>(`/positions${this.since === null ? "" : `?since=${encodeURIComponent(this.since)}`}`);
    this.since = told.since;
    this.newestS = told.newest_s;
    this.heardMs = performance.now();
    this.take(told);
    this.changed();
  }

  private take(told: Answer): void {
    if (told.is_whole) {
      this.count = 0;
      this.craft = [];
      this.at.clear();
    }
    for (let k = 0; k < told.craft.length; k += 1) {
      const craft = told.craft[k] as string;
      const lat = told.lat_deg[k];
      const lon = told.lon_deg[k];
      if (lat === null || lat === undefined || lon === null || lon === undefined) continue;
      let to = this.at.get(craft);
      if (to === undefined) {
        to = this.count;
        this.count += 1;
        this.at.set(craft, to);
        this.craft.push(craft);
        if (to >= this.x.length) this.grow();
      }
      [this.x[to], this.y[to]] = planeOf(lon, lat);
      this.lat[to] = lat;
      this.lon[to] = lon;
      this.timeS[to] = told.time_s[k] as number;
      this.speed[to] = told.speed_kn[k] ?? NaN;
      this.course[to] = told.course_deg[k] ?? NaN;
      this.heading[to] = told.heading_deg[k] ?? NaN;
      this.altitude[to] = told.altitude_ft[k] ?? NaN;
    }
  }

  private grow(): void {
    const larger = <T extends Float32Array | Float64Array>(one: T, made: T): T => {
      made.set(one);
      return made;
    };
    const size = this.x.length * 2;
    this.x = larger(this.x, new Float64Array(size));
    this.y = larger(this.y, new Float64Array(size));
    this.timeS = larger(this.timeS, new Float64Array(size));
    this.lat = larger(this.lat, new Float32Array(size));
    this.lon = larger(this.lon, new Float32Array(size));
    this.speed = larger(this.speed, new Float32Array(size));
    this.course = larger(this.course, new Float32Array(size));
    this.heading = larger(this.heading, new Float32Array(size));
    this.altitude = larger(this.altitude, new Float32Array(size));
  }
}
