/** A login as it came off the wire: RFC 1929 gives bytes, 1 to 255 each, in no stated character set. */
export type Login = { readonly user: Uint8Array; readonly password: Uint8Array }
