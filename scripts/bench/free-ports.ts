import { createServer } from 'node:net'

const isFree = (port: number, host: string): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host }, () => server.close(() => resolve(true)))
  })

/**
 * Gives ports of 127.0.0.1 that nobody has, one after the other, each once. They lie below those that
 * the system gives to connections (32768 and up), or one of these could be in the way.
 *
 * @param first where to begin, from 1024
 * @returns a function that rejects when there are no more
 */
export const createFreePorts = (first: number): (() => Promise<number>) => {
  let next = first
  return async () => {
    for (; next < 32_768; next++) {
      if (await isFree(next, '127.0.0.1')) return next++
    }
    throw new Error(`no free port of 127.0.0.1 from ${first} to 32767; begin elsewhere with --port`)
  }
}
