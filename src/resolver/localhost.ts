import type { RecordType } from '../core/ip.ts'
import type { Answer } from './types.ts'

const ANSWERS: Readonly<Record<RecordType, Answer>> = {
  A: { ok: true, addresses: ['127.0.0.1'], ttl: null, source: 'hosts' },
  AAAA: { ok: true, addresses: ['::1'], ttl: null, source: 'hosts' },
}

/**
 * `localhost` and every name below it have both loopback addresses, whatever a hosts file or a DNS server
 * contains. No query for them leaves the host (RFC 6761 section 6.3).
 *
 * @param name lower case, without a final dot
 * @returns undefined for every other name
 */
export const localhostAnswer = (name: string, record: RecordType): Answer | undefined =>
  name === 'localhost' || name.endsWith('.localhost') ? ANSWERS[record] : undefined
