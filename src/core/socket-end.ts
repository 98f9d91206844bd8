/** One end of a TCP connection: an IP address in canonical text, with its zone if it has one, and a port. */
export type SocketEnd = { readonly address: string; readonly port: number }
