/**
 * A domain name in uncompressed wire format, one character per octet, ASCII letters in lower case. Two
 * names are equal exactly if these strings are, whatever their labels contain: a label with a dot inside is
 * not two labels.
 */
export type WireName = string

/** Includes the length octets of labels and the root's (RFC 1035 section 2.3.4). */
const NAME_MAX_OCTETS = 255

/** Longest label, without its length octet (RFC 1035 section 2.3.4). */
const LABEL_MAX_OCTETS = 63

/** A name of 255 octets has at most 127 labels, and each useful pointer precedes a label. */
const POINTERS_MAX = 127

/** The two highest bits of a length octet mark a pointer (RFC 1035 section 4.1.4). */
const POINTER = 0xc0

/** Names are compared without case, for ASCII letters only (RFC 4343 section 3). */
const lower = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)

/** A name, and the offset of the octet after it. */
export type NameRead = { readonly name: WireName; readonly next: number }

/**
 * Reads a name, following compression pointers (RFC 1035 section 4.1.4). Each pointer must lead to an
 * offset before the start of the labels that precede it, so no chain of pointers is endless.
 *
 * @param at the offset of the name
 * @returns undefined if the bytes are no valid name: truncated, too long, or with a bad pointer
 */
export const readName = (bytes: Uint8Array, at: number): NameRead | undefined => {
  const octets: number[] = []
  let from = at
  let place = at
  let next = -1
  let pointers = 0
  for (;;) {
    const length = bytes[place]
    if (length === undefined) return undefined
    if (length === 0) break
    if (length >= POINTER) {
      const low = bytes[place + 1]
      if (low === undefined || ++pointers > POINTERS_MAX) return undefined
      if (next < 0) next = place + 2
      const target = (length - POINTER) * 256 + low
      if (target >= from) return undefined
      from = target
      place = target
      continue
    }
    // Includes the length octet, and the root's octet still to come.
    if (length > LABEL_MAX_OCTETS || octets.length + length + 2 > NAME_MAX_OCTETS) return undefined
    const end = place + 1 + length
    if (end > bytes.length) return undefined
    octets.push(length)
    for (let i = place + 1; i < end; i++) octets.push(lower(bytes[i] ?? 0))
    place = end
  }
  octets.push(0)
  return { name: String.fromCharCode(...octets), next: next < 0 ? place + 1 : next }
}

/**
 * Encodes a name such as `www.example.com`, without a final dot; '' is the root.
 *
 * @param text ASCII, with labels of 1 to 63 characters and at most 253 in all, as `classifyHost` accepts
 */
export const wireName = (text: string): WireName => {
  if (text === '') return '\0'
  const labels = text.toLowerCase().split('.')
  return `${labels.map(label => String.fromCharCode(label.length) + label).join('')}\0`
}

/**
 * Writes a name without compression.
 *
 * @returns the offset of the octet after it
 */
export const writeName = (bytes: Uint8Array, at: number, name: WireName): number => {
  for (let i = 0; i < name.length; i++) bytes[at + i] = name.charCodeAt(i)
  return at + name.length
}

/** Whether a name equals a domain or is below it. */
export const isWithin = (name: WireName, domain: WireName): boolean => {
  if (!name.endsWith(domain)) return false
  // The domain must begin at a label of the name, not inside one.
  let at = 0
  while (at < name.length - domain.length) at += 1 + name.charCodeAt(at)
  return at === name.length - domain.length
}
