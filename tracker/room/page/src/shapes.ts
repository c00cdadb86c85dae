// What the room answers, as far as the page uses it (docs/room.md; /api/v1/openapi.json).

export interface Me {
  person_id: string;
  name: string;
  roles: string[];
  rights: string[];
  unit_id: string | null;
  must_change_password: boolean;
  idle_at?: string;
  ends_at?: string;
}

export interface Term {
  name: string;
  points: number;
  sentence: string;
}

export interface Row {
  alert_id: string;
  etag: string;
  engine: string;
  state: string;
  life: string;
  is_struck_through: boolean;
  is_sounding: boolean;
  silenced_until: string | null;
  priority: number;
  priority_band: string;
  kind: string;
  rule: string;
  detail: string;
  craft: string;
  craft_country: string | null;
  other_craft: string | null;
  start: string | null;
  end: string | null;
  lat_deg: number | null;
  lon_deg: number | null;
  area: string;
  confidence: number | null;
  explanation: string;
  flags: string[];
  consignments_aboard: number;
  lead_until: string | null;
  part_of: string | null;
  person: string | null;
  unit: string | null;
  watchers: number;
  notes: number;
  annunciated: string | null;
  acknowledge_due: string | null;
  respond_due: string | null;
  escalation: string;
  is_stale: boolean;
  shelf: { by: string; at: string; reason: string; until: string; wakes: string[] } | null;
  outcome: string | null;
  received: string;
  changed: string | null;
  order: { points: number; terms: Term[] };
}

export interface ListAnswer {
  alerts: Row[];
  counts: Record<string, number>;
  as_of: string;
  next_cursor: string | null;
  at: string;
}

export interface Party {
  name?: string;
  address?: string;
  country?: string;
  id?: string;
}

export interface Consignment {
  consignment_id: string;
  document_type?: string;
  document_number?: string;
  carrier?: string;
  loading?: string;
  loading_name?: string;
  discharge?: string;
  discharge_name?: string;
  consignor?: Party;
  consignee?: Party;
  notify?: Party;
  goods?: { description?: string; hs_code?: string; packages?: number; gross_mass_kg?: number }[];
  equipment?: { equipment_id?: string; seals?: string[] }[];
  flags?: { flag: string; severity?: number; reason?: string; by?: string }[];
  expected_arrival?: string | null;
  status?: string;
  link?: { reason?: string; confidence?: number };
}

export interface Node_ {
  location: string;
  name?: string;
  arrive?: string | null;
  depart?: string | null;
  seen_arrive?: string | null;
  seen_depart?: string | null;
}

export interface Facts {
  priority_terms: Term[];
  event: {
    kind: string;
    detail: string;
    craft: string;
    other_craft: string | null;
    start: string | null;
    end: string | null;
    state: string;
    lat_deg: number | null;
    lon_deg: number | null;
    explanation: string;
    confidence: number | null;
    evidence: Record<string, unknown>;
    rule: { name: string; version: string; thresholds: Record<string, unknown> };
  };
  consignments: Consignment[];
  consignments_aboard: number;
  possible_consignments: Consignment[];
  itinerary: { voyage_number?: string | null; nodes?: Node_[]; next_location?: string | null };
  lead_time_h: number | null;
  explanation: string;
}

export interface Note {
  note_id: string;
  by: string;
  at: string;
  text: string;
  is_withdrawn: boolean;
}

export interface Dossier extends Row {
  facts: Facts;
  acknowledged: { by: string; at: string } | null;
  suppressed_by: string | null;
  watched_by: string[];
  closed: { by: string; at: string; outcome: string; fields: Record<string, unknown> } | null;
  notes_list?: Note[];
}

export interface Change {
  name: string;
  from: unknown;
  to: unknown;
}

export interface History {
  revisions: { revision: number; life: string; changes: Change[] }[];
  acts: { act_id: string; what: string; by: string; at: string; is_undone: boolean; told: Record<string, unknown> }[];
}

export interface DeskLoad {
  unit: string | null;
  last_10_min: number;
  last_hour: number;
  last_shift: number;
  shift_h: number;
  is_flood: boolean;
  flood_since: string | null;
  floods: number;
  sentence: string;
}

export interface EngineTold {
  engine: string;
  is_connected: boolean;
  since: string | null;
  heard: string | null;
  is_behind: boolean;
  watermark: string | null;
  phase: string | null;
  why: string;
}

export interface Colleague {
  person_id: string;
  name: string;
  unit_id: string | null;
  may_act: boolean;
}

export interface Desk {
  people: Colleague[];
  units: { unit_id: string; name: string }[];
}
