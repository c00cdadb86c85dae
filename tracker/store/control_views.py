"""The views ``flags`` and ``orders``: what a risk engine and the papers say, in force and over, out of the messages as they were taken in.

``watch_control`` holds every message that changed something. A flag ends with the next message of its id, or with a ``clear`` of the very target it
names; one that is lifted for some of its consignments only (a party's flag, by the clear of one consignment) stays, as those it is lifted for are fewer
than what it matches. What a flag matches is looked up in the papers as they are now, by the rules of ``tracker.cargo.flagging``.
"""

from __future__ import annotations

from typing import Final

from tracker.schema import Column

_SAID: Final = (
    Column("reason", "S0", "Why, in the words of whoever said so."),
    Column("said_by", "S0", "Who said so."),
    Column("said_us", "i8", "The time in the message."),
    Column("received_us", "i8", "When it was received; missing in stores of before layout 6, and on papers."),
    Column("from_us", "i8", "Event time the program had come to when it took effect."),
    Column("until_us", "i8", "When the message that ended it was received; missing while it is in force."),
    Column("is_in_force", "i1", "1 while it is in force.", nullable=False),
    Column("ended_by", "S0", "cleared, lifted (by the clear of its target), replaced or stopped; missing while it is in force."),
    Column("ended_by_whom", "S0", "Who ended it."),
    Column("ended_reason", "S0", "Why it was ended."),
    Column("origin", "S0", "Where the message stood: topic/partition:offset, door (the command line), or papers."),
)  # fmt: skip
FLAG_COLUMNS: Final = (
    Column("flag_id", "S0", "Names the flag; missing where it stands on the papers."),
    Column("flag", "S0", "Short name of the risk.", nullable=False),
    Column("severity", "f8", "How grave, 0 to 1.", nullable=False),
    Column("target", "S16", "What is flagged: consignment, party, or papers (one consignment, by its own papers).", nullable=False),
    Column("document_number", "S0", "Document number of the consignment meant."),
    Column("consignment_id", "S0", "Id of the consignment meant."),
    Column("manifest_id", "S0", "Manifest of the consignment meant."),
    Column("party_name", "S0", "Name of the party meant."),
    Column("party_id", "S0", "Registered number of the party meant."),
    *_SAID,
    Column("consignments", "i8", "How many consignments of the latest papers it matches.", nullable=False),
    Column("matches", "JSON", "The first fifty of them: manifest_id, consignment_id."),
)  # fmt: skip
ORDER_COLUMNS: Final = (
    Column("order_id", "S0", "Names the order.", nullable=False),
    Column("craft", "S16", "Craft to be tracked, where it is named so."),
    Column("imo", "i4", "IMO number of the ship to be tracked, where it is named so."),
    *_SAID,
    Column("crafts", "i8", "How many craft it reaches: one, or those that gave the IMO number.", nullable=False),
    Column("matches", "JSON", "The craft it reaches."),
)


def _compact(text: str) -> str:
    return f"regexp_replace(upper({text}), '[^A-Z0-9]', '', 'g')"


def _folded(text: str) -> str:
    return f"lower(trim(regexp_replace({text}, '\\s+', ' ', 'g')))"


def _time(us: str) -> str:
    """An instant; before the first report the watermark is none."""
    return f"make_timestamptz(CASE WHEN {us} > 0 THEN {us} END)"


_ENDED: Final = f"""
    {_time("said_us")} AS said_time, {_time("received_us")} AS received_time, {_time("applied_us")} AS from_time,
    {_time("end_us")} AS until_time, CAST(end_seq IS NULL AS TINYINT) AS is_in_force, ended_by, ended_by_whom, ended_reason, origin"""

_PARTIES: Final = "\n  UNION ALL ".join(
    f"SELECT manifest_id, consignment_id, {_folded(f'{party}_name')} AS name_key, {_compact(f'{party}_id')} AS id_key FROM latest WHERE {party}_name IS NOT NULL"
    for party in ("consignor", "consignee", "notify")
)

FLAGS_VIEW: Final = f"""
WITH told AS (
  SELECT seq, applied_us, received_us, said_us, origin,
         content->>'$.flag_id' AS flag_id, content->>'$.action' AS action, content->>'$.flag' AS flag,
         coalesce(CAST(content->>'$.severity' AS DOUBLE), 0.5) AS severity, content->>'$.reason' AS reason, content->>'$.by' AS said_by,
         CASE WHEN json_exists(content, '$.target.consignment') THEN 'consignment' WHEN json_exists(content, '$.target.party') THEN 'party' END AS target,
         content->>'$.target.consignment.document_number' AS document_number, content->>'$.target.consignment.consignment_id' AS consignment_id,
         content->>'$.target.consignment.manifest_id' AS manifest_id,
         content->>'$.target.party.name' AS party_name, content->>'$.target.party.id' AS party_id
  FROM watch_control WHERE kind = 'flags'),
keyed AS (
  SELECT *, {_compact("document_number")} AS document_key, {_folded("party_name")} AS name_key, {_compact("party_id")} AS id_key,
         concat_ws('|', target, coalesce(document_key, '-'), coalesce(consignment_id, '-'), coalesce(manifest_id, '-'),
                   coalesce(name_key, '-'), coalesce(id_key, '-')) AS target_key,
         lead(seq) OVER next AS next_seq
  FROM told WINDOW next AS (PARTITION BY flag_id ORDER BY seq)),
clears AS (SELECT seq, flag, target_key FROM keyed WHERE action = 'clear' AND target IS NOT NULL),
lifts AS (
  SELECT f.seq, min(c.seq) AS lift_seq FROM keyed f JOIN clears c
  ON c.target_key = f.target_key AND c.seq > f.seq AND (c.flag IS NULL OR c.flag = f.flag)
  WHERE f.action = 'flag' GROUP BY f.seq),
ended AS (
  SELECT f.*, CASE WHEN next_seq IS NULL OR lift_seq < next_seq THEN lift_seq ELSE next_seq END AS end_seq
  FROM keyed f LEFT JOIN lifts USING (seq) WHERE f.action = 'flag'),
latest AS (SELECT *, {_compact("document_number")} AS document_key FROM consignments WHERE is_latest = 1),
parties AS ({_PARTIES}),
marked AS (
  SELECT f.seq, c.manifest_id, c.consignment_id FROM keyed f JOIN latest c ON f.document_key = c.document_key
  WHERE (f.consignment_id IS NULL OR f.consignment_id = c.consignment_id) AND (f.manifest_id IS NULL OR f.manifest_id = c.manifest_id)
  UNION SELECT f.seq, c.manifest_id, c.consignment_id FROM keyed f JOIN latest c ON f.consignment_id = c.consignment_id
  WHERE f.document_key IS NULL AND (f.manifest_id IS NULL OR f.manifest_id = c.manifest_id)
  UNION SELECT f.seq, p.manifest_id, p.consignment_id FROM keyed f JOIN parties p ON f.id_key = p.id_key
  UNION SELECT f.seq, p.manifest_id, p.consignment_id FROM keyed f JOIN parties p ON f.name_key = p.name_key
  WHERE f.id_key IS NULL OR p.id_key IS NULL),
counted AS (
  SELECT seq, count(*) AS consignments,
         to_json(list({{'manifest_id': manifest_id, 'consignment_id': consignment_id}} ORDER BY manifest_id, consignment_id)[1:50]) AS matches
  FROM marked GROUP BY seq),
papers AS (
  SELECT c.manifest_id, c.consignment_id, c.document_number, unnest(from_json(c.flags,
         '[{{"flag": "VARCHAR", "severity": "DOUBLE", "reason": "VARCHAR", "by": "VARCHAR"}}]')) AS said
  FROM latest c WHERE c.flags IS NOT NULL),
lifted AS (
  SELECT p.manifest_id, p.consignment_id, p.said.flag AS flag, min(c.seq) AS end_seq
  FROM papers p JOIN marked m USING (manifest_id, consignment_id) JOIN clears c ON c.seq = m.seq AND (c.flag IS NULL OR c.flag = p.said.flag)
  GROUP BY ALL),
every AS (
  SELECT e.flag_id, e.flag, e.severity, e.target, e.document_number, e.consignment_id, e.manifest_id, e.party_name, e.party_id, e.reason, e.said_by,
         e.said_us, e.received_us, e.applied_us, e.end_seq, e.origin, coalesce(n.consignments, 0) AS consignments, n.matches
  FROM ended e LEFT JOIN counted n USING (seq)
  UNION ALL BY NAME
  SELECT p.said.flag AS flag, p.said.severity AS severity, 'papers' AS target, p.document_number, p.consignment_id, p.manifest_id, p.said.reason AS reason,
         p.said."by" AS said_by, l.end_seq, 'papers' AS origin, 1 AS consignments,
         to_json([{{'manifest_id': p.manifest_id, 'consignment_id': p.consignment_id}}]) AS matches
  FROM papers p LEFT JOIN lifted l ON l.manifest_id = p.manifest_id AND l.consignment_id = p.consignment_id AND l.flag = p.said.flag),
whole AS (
  SELECT e.*, x.received_us AS end_us, x.said_by AS ended_by_whom, x.reason AS ended_reason,
         CASE WHEN x.seq IS NULL THEN NULL WHEN x.action = 'flag' THEN 'replaced' WHEN x.flag_id = e.flag_id THEN 'cleared' ELSE 'lifted' END AS ended_by
  FROM every e LEFT JOIN told x ON x.seq = e.end_seq)
SELECT flag_id, flag, severity, target, document_number, consignment_id, manifest_id, party_name, party_id, reason, said_by, {_ENDED},
       CAST(consignments AS BIGINT) AS consignments, matches
FROM whole"""

ORDERS_VIEW: Final = f"""
WITH told AS (
  SELECT seq, applied_us, received_us, said_us, origin, content->>'$.order_id' AS order_id, content->>'$.action' AS action,
         content->>'$.reason' AS reason, content->>'$.by' AS said_by, CAST(content->>'$.craft.imo' AS INTEGER) AS imo,
         CASE WHEN imo IS NULL THEN lower(content->>'$.craft') END AS craft, coalesce(craft, 'imo:' || imo) AS order_key
  FROM watch_control WHERE kind = 'orders'),
chained AS (SELECT *, lead(seq) OVER (PARTITION BY order_key ORDER BY seq) AS end_seq FROM told),
numbers AS (SELECT imo, list(DISTINCT craft ORDER BY craft) AS reached FROM static_rows WHERE imo IN (SELECT imo FROM told) GROUP BY imo),
whole AS (
  SELECT o.*, CASE WHEN o.imo IS NULL THEN [o.craft] ELSE n.reached END AS reached, x.received_us AS end_us, x.said_by AS ended_by_whom,
         x.reason AS ended_reason, CASE x.action WHEN 'stop' THEN 'stopped' WHEN 'start' THEN 'replaced' END AS ended_by
  FROM chained o LEFT JOIN told x ON x.seq = o.end_seq LEFT JOIN numbers n ON n.imo = o.imo
  WHERE o.action = 'start')
SELECT order_id, craft, imo, reason, said_by, {_ENDED}, CAST(coalesce(len(reached), 0) AS BIGINT) AS crafts, to_json(reached) AS matches
FROM whole"""
