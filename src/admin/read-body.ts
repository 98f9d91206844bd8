import type { IncomingMessage } from 'node:http'

/** Maximum size of a request's body. */
export const BODY_MAX_BYTES = 4096

/** Reads the body of a request; null if it is too large. Rejects if the client leaves before its end. */
export const readBody = (request: IncomingMessage): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    request.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > BODY_MAX_BYTES) {
        pieces.length = 0
        resolve(null)
      } else pieces.push(piece)
    })
    request.once('end', () => resolve(Buffer.concat(pieces).toString('utf8')))
    request.once('error', reject)
    request.once('close', () => reject(new Error('the client has left')))
  })
