import type { HostPort } from '../../core/host-port.ts'

/**
 * The value of JAVA_TOOL_OPTIONS with a proxy. Java knows no proxy variables. An HTTP proxy, as Java looks
 * names up itself for a SOCKS proxy, and leaves it one address.
 *
 * @param inherited the value so far; of a property that is set twice Java takes the last one
 */
export const javaOptions = ({ host, port }: HostPort, inherited = ''): string => {
  const properties = {
    'http.proxyHost': host,
    'http.proxyPort': port,
    'https.proxyHost': host,
    'https.proxyPort': port,
    // For https too. Java separates patterns by `|`.
    'http.nonProxyHosts': 'localhost|127.*|[::1]',
    // Maven 3.9 and later ignores the properties above without it.
    'aether.connector.http.useSystemProperties': true,
  }
  const options = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`)
  return [inherited.trim(), ...options].filter(text => text !== '').join(' ')
}
