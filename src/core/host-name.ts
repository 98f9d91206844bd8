/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
export const NAME_MAX_CHARACTERS = 253

/** RFC 1035 section 2.3.4. */
export const LABEL_MAX_CHARACTERS = 63

/** Why a text is not a host name. */
export type HostNameFault =
  'empty' | 'length' | 'character' | 'empty label' | 'label length' | 'number'

/**
 * Checks a host name: letters, digits, `-` and `_` in labels of 1 to 63 characters, 253 in all. The last
 * label must not be a number in any notation, because inet_aton reads `127.1`, `0x7f.1` and `2130706433` as
 * addresses, so such a "name" could bypass access rules for addresses. A backslash is refused because DNS
 * libraries read escapes after it.
 *
 * @returns undefined for a valid host name
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
