// The sound of what calls. It hangs on the stream's messages and on no timer, for browsers slow the timers of pages in the background; a browser that
// blocks it is told of in red, and a test at sign-in is a gesture that unlocks it.

let context: AudioContext | null = null;
const heard = new Set<() => void>();
let isMuted = false;

export function onSoundChanged(tell: () => void): void {
  heard.add(tell);
}

function tellAll(): void {
  for (const tell of heard) tell();
}

function opened(): AudioContext | null {
  if (context === null && "AudioContext" in window) {
    context = new AudioContext();
    context.addEventListener("statechange", tellAll);
  }
  return context;
}

export function soundState(): "on" | "blocked" | "muted" {
  if (isMuted) return "muted";
  return opened()?.state === "running" ? "on" : "blocked";
}

export function mute(isOn: boolean): void {
  isMuted = isOn;
  tellAll();
}

/** Play a short tone now; whether the browser let it. Called from a gesture this unlocks sound. */
export async function testSound(): Promise<boolean> {
  const audio = opened();
  if (audio === null) return false;
  // a browser that blocks sound leaves this promise open for ever
  await Promise.race([audio.resume(), new Promise((late) => setTimeout(late, 500))]);
  if (audio.state === "running") tone(audio, 660, 0, 0.12);
  tellAll();
  return audio.state === "running";
}

/** Let whatever the user does next unlock sound, where it is blocked. */
export function unlockByHand(): void {
  const tryIt = () => {
    if (opened()?.state !== "running") void context?.resume().then(tellAll, () => undefined);
  };
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, tryIt, { passive: true });
}

let playedMs = 0;

/** What calls is heard: critical with three high tones, anything else with one. At most every four seconds. */
export function call(isCritical: boolean): void {
  const audio = context;
  if (isMuted || audio === null || audio.state !== "running" || performance.now() - playedMs < 4000) return;
  playedMs = performance.now();
  document.documentElement.dataset["called"] = String(Number(document.documentElement.dataset["called"] ?? 0) + 1);
  if (isCritical) for (const n of [0, 1, 2]) tone(audio, 988, n * 0.22, 0.15);
  else tone(audio, 523, 0, 0.3);
}

function tone(audio: AudioContext, hertz: number, afterS: number, lengthS: number): void {
  const at = audio.currentTime + afterS;
  const source = audio.createOscillator();
  const volume = audio.createGain();
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
  volume.gain.linearRampToValueAtTime(0, at + lengthS);
  source.connect(volume).connect(audio.destination);
  source.start(at);
  source.stop(at + lengthS + 0.05);
}
