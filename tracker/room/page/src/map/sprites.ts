// Symbols of craft drawn once for each colour, size and step of heading, and then copied: outlines drawn one by one take a software canvas twice as long.
const STEPS = 72;
const MOST_STRIPS = 200;

export type Kind = "ship" | "aircraft" | "lost";

export interface Strip {
  image: ImageBitmap;
  /** Side of one symbol in pixels of the page, and dots in each of them. */
  side: number;
  dots: number;
}

const strips = new Map<string, Strip>();

/** All headings of a symbol, one beside the other. */
export function stripOf(kind: Kind, colour: string, size: number, isFilled: boolean): Strip {
  const dots = devicePixelRatio;
  const key = `${kind} ${colour} ${size} ${isFilled} ${dots}`;
  let strip = strips.get(key);
  if (strip === undefined) {
    if (strips.size >= MOST_STRIPS) strips.clear();
    strips.set(key, (strip = drawn(kind, colour, size, isFilled, dots)));
  }
  return strip;
}

/** Copy a symbol with its middle at a place of the canvas; the angle is in radians from north. */
export function stamp(pen: CanvasRenderingContext2D, strip: Strip, x: number, y: number, angle: number): void {
  const step = ((Math.round((angle * STEPS) / (2 * Math.PI)) % STEPS) + STEPS) % STEPS;
  const dots = strip.side * strip.dots;
  pen.drawImage(strip.image, step * dots, 0, dots, dots, x - strip.side / 2, y - strip.side / 2, strip.side, strip.side);
}

function drawn(kind: Kind, colour: string, size: number, isFilled: boolean, dots: number): Strip {
  const side = Math.ceil(size * 3 + 4);
  const sheet = new OffscreenCanvas(Math.ceil(side * dots * STEPS), Math.ceil(side * dots));
  const pen = sheet.getContext("2d");
  if (pen !== null) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.2;
    for (let step = 0; step < STEPS; step += 1) {
      pen.setTransform(dots, 0, 0, dots, (step + 0.5) * side * dots, (side / 2) * dots);
      const path = new Path2D();
      outline(path, kind, (step * 2 * Math.PI) / STEPS, size);
      if (isFilled) pen.fill(path);
      else pen.stroke(path);
    }
  }
  return { image: sheet.transferToImageBitmap(), side, dots };
}

function outline(path: Path2D, kind: Kind, angle: number, size: number): void {
  const [s, c] = [Math.sin(angle), Math.cos(angle)];
  path.moveTo(s * size * 1.5, -c * size * 1.5);
  if (kind === "aircraft") {
    path.lineTo(-s * size + c * size, c * size + s * size);
    path.lineTo(-s * size * 0.3, c * size * 0.3);
    path.lineTo(-s * size - c * size, c * size - s * size);
  } else {
    path.lineTo(-s * size + c * size * 0.8, c * size + s * size * 0.8);
    path.lineTo(-s * size - c * size * 0.8, c * size - s * size * 0.8);
  }
  path.closePath();
  if (kind === "lost") {
    path.moveTo(-size, -size);
    path.lineTo(size, size);
  }
}
