/**
 * What the laboratory's programs connect to, as a process in its `net` namespace: an HTTP server and
 * an HTTPS server on all addresses of both families.
 *
 *     node --import=./scripts/compiled.mjs scripts/lab/origin-main.ts PORT TLS_PORT DIRECTORY
 *
 * DIRECTORY holds key.pem and cert.pem. It prints `listening` when it is ready, and ends with its
 * standard input.
 */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { join } from 'node:path'

const [port, tlsPort, directory = ''] = process.argv.slice(2)

const answer = (_: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('connection', 'close')
  response.end('ok\n')
}

const listen = (server: Server, at: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen({ port: at, host: '::', backlog: 1024 }, resolve)
  })

const read = (name: string): Buffer => readFileSync(join(directory, name))

await listen(createServer(answer), Number(port))
await listen(
  createTlsServer({ key: read('key.pem'), cert: read('cert.pem') }, answer),
  Number(tlsPort),
)
console.log('listening')
process.stdin.resume().once('end', () => process.exit(0))
