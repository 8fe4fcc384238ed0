/** The members of a ZIP that stands behind something else; `runtime/artifact.py`. */
import { must } from '../errors.js';
import { fromUtf8 } from '../text/unicode.js';

const [END_MARK, HEADER_MARK, LOCAL_MARK] = [0x06054b50, 0x02014b50, 0x04034b50];
const [END_BYTES, HEADER_BYTES, LOCAL_BYTES] = [22, 46, 30];
const MAX_MEMBERS = 64;
const MAX_DIRECTORY_BYTES = 64 * 1024;

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @typedef {{isDeflated: boolean, crc: number, packed: number, size: number, start: number}} Member */

/**
 * Lists the members.
 *
 * @param {Uint8Array} content the whole file.
 * @returns {Map<string, Member>}
 * @throws {RangeError} it does not end with a small ZIP directory.
 */
export function listMembers(content) {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const end = content.length - END_BYTES;
  must(end >= 0 && view.getUint32(end, true) === END_MARK, 'the end of the ZIP directory is missing');
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const isSmall = count <= MAX_MEMBERS && size <= MAX_DIRECTORY_BYTES;
  must(isSmall, `the ZIP directory has ${count} members in ${size} bytes; at most 64 in 65536 are read`);
  let place = end - size;
  const before = place - view.getUint32(end + 16, true); // what stands before the ZIP and is not counted
  must(place >= 0 && before >= 0, 'the ZIP directory lies outside the file');
  /** @type {Map<string, Member>} */
  const members = new Map();
  for (let i = 0; i < count; i++) {
    const isHeader = place + HEADER_BYTES <= end && view.getUint32(place, true) === HEADER_MARK;
    must(isHeader, 'the ZIP directory is damaged');
    /** @param {number} at */
    const short = (at) => view.getUint16(place + at, true);
    /** @param {number} at */
    const int = (at) => view.getUint32(place + at, true);
    const next = place + HEADER_BYTES + short(28) + short(30) + short(32);
    must(next <= end, 'the ZIP directory is damaged');
    const name = fromUtf8(content.subarray(place + HEADER_BYTES, place + HEADER_BYTES + short(28)));
    must(!members.has(name), "the names of the metadata's members must be distinct");
    const method = short(10);
    must((short(8) & 1) === 0, `${name} is encrypted`);
    must(method === 0 || method === 8, `${name} is compressed otherwise than by deflate`);
    members.set(name, { isDeflated: method === 8, crc: int(16), packed: int(20), size: int(24), start: before + int(42) });
    place = next;
  }
  return members;
}

/**
 * Returns a member.
 *
 * @param {Uint8Array} content the whole file.
 * @param {string} name
 * @param {Member} member
 * @param {number} most bytes that it may hold.
 * @throws {RangeError} it is larger, or damaged.
 */
export async function readMember(content, name, member, most) {
  const larger = Math.max(member.size, member.packed);
  must(larger <= most, `${name} must hold at most ${most} bytes. Received: ${larger}`);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const isThere = member.start + LOCAL_BYTES <= content.length && view.getUint32(member.start, true) === LOCAL_MARK;
  must(isThere, `${name} is not where the ZIP directory says`);
  const names = view.getUint16(member.start + 26, true) + view.getUint16(member.start + 28, true);
  const start = member.start + LOCAL_BYTES + names;
  must(start + member.packed <= content.length, `${name} is truncated`);
  const packed = content.subarray(start, start + member.packed);
  const bytes = member.isDeflated ? await inflated(packed, member.size) : packed;
  let crc = -1;
  for (const byte of bytes ?? []) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  must(bytes?.length === member.size && (crc ^ -1) >>> 0 === member.crc, `${name} is damaged`);
  return bytes;
}

/** Returns what was deflated; nothing where that is not `size` bytes. @param {Uint8Array} packed @param {number} size */
async function inflated(packed, size) {
  const bytes = new Uint8Array(size);
  let done = 0;
  try {
    const stream = new Blob([/** @type {BlobPart} */ (packed)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (done + part.value.length > size) {
        reader.cancel().catch(() => {});
        return null;
      }
      bytes.set(part.value, done);
      done += part.value.length;
    }
  } catch {
    return null;
  }
  return done === size ? bytes : null;
}
