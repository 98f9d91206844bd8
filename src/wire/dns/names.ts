/**
 * A domain name as its octets on the wire without compression, one character for each, ASCII letters
 * in lower case. Two names are the same exactly where their texts are, whatever their labels hold: a
 * label with a dot inside is not two labels.
 */
export type WireName = string

/** RFC 1035 section 2.3.4: with the lengths of labels and the root's. */
const NAME_MAX_OCTETS = 255

/** RFC 1035 section 2.3.4. */
const LABEL_MAX_OCTETS = 63

/** A name of 255 octets has at most 127 labels, and a pointer that stands before none of them is of no use. */
const POINTERS_MAX = 127

/** RFC 1035 section 4.1.4: the two highest bits of a length octet make it a pointer. */
const POINTER = 0xc0

/** RFC 4343 section 3: names are compared without case, and only that of ASCII letters. */
const lower = (octet: number): number => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)

/** A name that was read, and where what follows it begins. */
export type NameRead = { readonly name: WireName; readonly next: number }

/**
 * Reads a name, following compression pointers (RFC 1035 section 4.1.4). A pointer must lead to an
 * earlier place than the labels that it stands behind began at, so no chain of them has an end that is
 * not reached.
 *
 * @param at where it begins
 * @returns undefined where the bytes are no name: cut short, too long, or with a bad pointer
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
    // With its length, and the root's octet still to come.
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
 * The name of a text such as `www.example.com`, without a final dot; '' is the root.
 *
 * @param text ASCII, with labels of 1 to 63 characters and 253 in all, as `classifyHost` lets through
 */
export const wireName = (text: string): WireName => {
  if (text === '') return '\0'
  const labels = text.toLowerCase().split('.')
  return `${labels.map(label => String.fromCharCode(label.length) + label).join('')}\0`
}

/** Writes a name without compression, and returns where what follows it begins. */
export const writeName = (bytes: Uint8Array, at: number, name: WireName): number => {
  for (let i = 0; i < name.length; i++) bytes[at + i] = name.charCodeAt(i)
  return at + name.length
}

/** Whether a name is another one or one below it. */
export const isWithin = (name: WireName, domain: WireName): boolean => {
  if (!name.endsWith(domain)) return false
  // The domain has to begin at a label of the name, not in the middle of one.
  let at = 0
  while (at < name.length - domain.length) at += 1 + name.charCodeAt(at)
  return at === name.length - domain.length
}
