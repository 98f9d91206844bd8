import { parseIp } from './ip.ts'

const PORT = /^\d{1,5}$/

/**
 * The host and port that an IPv6 text without brackets most likely means; the port is undefined if the text
 * has none.
 */
const splitIpv6 = (text: string): readonly [host: string, port?: string] | undefined => {
  const [, host = '', port = ''] = /^(.*):([^:]*)$/s.exec(text) ?? []
  if (parseIp(host)?.family === 6 && PORT.test(port)) return [host, port]
  return parseIp(text)?.family === 6 ? [text] : undefined
}

/** The host and port of a URL such as `tcp://127.0.0.1:1080/`. */
const withoutScheme = (text: string): string | undefined =>
  /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]*:\d{1,5})\/?$/i.exec(text)?.[1]

/**
 * The address that an invalid text most likely means: IPv6 in brackets, or a URL without its scheme.
 *
 * @param port stands in for a missing port
 * @returns undefined if no address is near
 */
export const nearAddress = (text: string, port: string): string | undefined => {
  const inUrl = withoutScheme(text)
  if (inUrl !== undefined) return inUrl
  const [host, own = port] = splitIpv6(text.replace(/^\[(.*)\]$/s, '$1')) ?? []
  if (host !== undefined) return `[${host}]:${own}`
  return parseIp(text) || text === 'localhost' ? `${text}:${port}` : undefined
}

/** `nearAddress` for an address to listen on, which may also be a path. */
export const nearListenAddress = (text: string, port: string): string | undefined => {
  if (text.startsWith('/')) return `unix:${text}`
  return /^(?:unix|file):\/\/\//i.test(text)
    ? text.replace(/^[^/]*\/\//, 'unix:')
    : nearAddress(text, port)
}

/** What a hint may contain: no control characters, and no more than a UNIX socket's path or a name has. */
const SHOWABLE = /^[^\p{Cc}]{1,300}$/u

/** The end of a message: `; did you mean [::1]:1080?`, or an empty text. */
export const hint = (near: string | undefined): string =>
  near === undefined || !SHOWABLE.test(near) ? '' : `; did you mean ${near}?`
