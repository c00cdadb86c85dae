// The base of the map: land of Natural Earth (1:50 million, public domain) with borders, on canvas, without any outside host.
import Feature from "ol/Feature";
import VectorLayer from "ol/layer/Vector";
import GeoJSON from "ol/format/GeoJSON";
import OlMap from "ol/Map";
import { fromLonLat } from "ol/proj";
import VectorSource from "ol/source/Vector";
import Fill from "ol/style/Fill";
import Stroke from "ol/style/Stroke";
import Style from "ol/style/Style";
import View from "ol/View";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

declare const BASE_MAP_ADDRESS: string;

const colours = new Map<string, string>();
window.addEventListener("look", () => colours.clear());

/** A colour of the page by its name in the style sheet. */
export function colour(name: string): string {
  let found = colours.get(name);
  if (found === undefined) {
    found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colours.set(name, found);
  }
  return found;
}

const land = new VectorSource();

async function readLand(): Promise<void> {
  const told = (await (await fetch(BASE_MAP_ADDRESS)).json()) as Topology<{ countries: GeometryCollection }>;
  const countries = feature(told, told.objects.countries);
  land.addFeatures(new GeoJSON().readFeatures(countries, { featureProjection: "EPSG:3857" }) as Feature[]);
}

/** A map in an element, at a place and zoom. */
export function makeMap(target: HTMLElement, centre: [number, number], zoom: number): OlMap {
  const landLayer = new VectorLayer({ source: land, updateWhileAnimating: true, updateWhileInteracting: true });
  const paint = () => {
    landLayer.setStyle(new Style({ fill: new Fill({ color: colour("land") }), stroke: new Stroke({ color: colour("coast"), width: 0.7 }) }));
  };
  paint();
  window.addEventListener("look", paint);
  const map = new OlMap({ target, controls: [], layers: [landLayer], view: new View({ center: fromLonLat(centre), zoom, minZoom: 1.5, maxZoom: 16, constrainRotation: true, enableRotation: false }) });
  if (land.isEmpty()) void readLand();
  return map;
}
