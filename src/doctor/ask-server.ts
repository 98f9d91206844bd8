import type { DnsServer } from '../resolver/dns/servers.ts'
import type { ProbeAnswer, ProbeQuestion } from '../wire/dns/probe-message.ts'
import { encodeProbe, readProbeAnswer } from '../wire/dns/probe-message.ts'
import type { DoctorHost } from './types.ts'

/** What one question to one server led to. */
export type Asked =
  | ({ readonly ok: true; readonly ms: number; readonly message: Uint8Array } & ProbeAnswer)
  /** ETIMEDOUT: no answer in time. ECONNRESET: the server closed the connection. */
  | { readonly ok: false; readonly code: string }

/** Sends one question to one server, once. */
export type AskServer = (
  server: DnsServer,
  question: Omit<ProbeQuestion, 'id'>,
  transport: 'udp' | 'tcp',
  timeoutMs: number,
) => Promise<Asked>

export const createAskServer =
  ({
    clock,
    transport: { openUdp, openStream, randomId },
  }: Pick<DoctorHost, 'clock' | 'transport'>): AskServer =>
  ({ endpoint }, question, transport, timeoutMs) =>
    new Promise(resolve => {
      const asked = { ...question, id: randomId() }
      const startedAt = clock.now()
      const end = (result: Asked): void => {
        stopTimer()
        socket.close()
        resolve(result)
      }
      const message = (bytes: Uint8Array): void => {
        const answer = readProbeAnswer(bytes, asked)
        if (answer) end({ ok: true, ms: clock.now() - startedAt, message: bytes, ...answer })
      }
      const failed = (code: string | null): void => end({ ok: false, code: code ?? 'ECONNRESET' })
      const stopTimer = clock.after(timeoutMs, () => failed('ETIMEDOUT'))
      const socket =
        transport === 'udp'
          ? openUdp(endpoint, { message, failed })
          : openStream(endpoint, { message, closed: failed })
      socket.send(encodeProbe(asked))
    })
