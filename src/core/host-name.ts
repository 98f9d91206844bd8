/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
export const NAME_MAX_CHARACTERS = 253

/** RFC 1035 section 2.3.4. */
export const LABEL_MAX_CHARACTERS = 63

/** Why a text is not a host name. */
export type HostNameFault =
  'empty' | 'length' | 'character' | 'empty label' | 'label length' | 'number'

/**
 * Checks a host name: letters, digits, `-` and `_` in labels of 1 to 63 characters, 253 in all. Its last
 * label is not a number in any notation: inet_aton takes `127.1`, `0x7f.1` and `2130706433` for addresses,
 * so such a "name" could slip past rules about addresses. A backslash is refused too, because DNS libraries
 * read escapes behind it.
 *
 * @param name without a final dot
 * @returns undefined for a host name
 */
export const hostNameFault = (name: string): HostNameFault | undefined => {
  if (name === '') return 'empty'
  if (name.length > NAME_MAX_CHARACTERS) return 'length'
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'character'
  const labels = name.split('.')
  if (labels.includes('')) return 'empty label'
  if (labels.some(label => label.length > LABEL_MAX_CHARACTERS)) return 'label length'
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '') ? 'number' : undefined
}
