import type { Random } from '../../test/fixtures/random.ts'
import type { Connection } from './connection.ts'
import { Corrupt, checkVerdict, sendPattern } from './exchanges.ts'
import { createPatternCheck } from './pattern.ts'
import type { Target } from './targets.ts'
import { PORTS } from './targets.ts'
import { Refused, authorityOf } from './ways.ts'

type Answer = { readonly body: Buffer; readonly isLast: boolean }

const readAnswer = async (connection: Connection): Promise<Answer> => {
  const head = await connection.readTo('\r\n\r\n')
  const [, status = ''] = head.split(' ')
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? []
  const body = await connection.read(Number(length ?? 0))
  if (status !== '200') throw new Refused(`status ${status}`)
  return { body, isLast: /^connection: *close/im.test(head) }
}

const get = async (connection: Connection, authority: string, random: Random): Promise<Answer> => {
  const [bytes, seed] = [random.between(0, 100_000), random.between(1, 100_000)]
  const url = `http://${authority}/source/${bytes}/${seed}`
  await connection.write(`GET ${url} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  const answer = await readAnswer(connection)
  const check = createPatternCheck(seed)
  check.take(answer.body)
  if (check.wrongAt() !== undefined || check.bytes() !== bytes) throw new Corrupt('wrong body')
  return answer
}

const post = async (connection: Connection, authority: string, random: Random): Promise<Answer> => {
  const [bytes, seed] = [random.between(0, 1_000_000), random.between(1, 100_000)]
  const url = `http://${authority}/sink/${seed}`
  await connection.write(
    `POST ${url} HTTP/1.1\r\nHost: ${authority}\r\nContent-Length: ${bytes}\r\n\r\n`,
  )
  const [answer] = await Promise.all([readAnswer(connection), sendPattern(connection, seed, bytes)])
  checkVerdict(answer.body.toString(), bytes)
  return answer
}

/** Requests with an http URL, one after the other on one connection; bodies are compared. */
export const forwardRequests = async (
  connection: Connection,
  targets: readonly Target[],
  random: Random,
): Promise<void> => {
  for (const { host } of targets) {
    const authority = authorityOf(host, PORTS.http)
    const ask = random.chance(0.3) ? post : get
    if ((await ask(connection, authority, random)).isLast) break
  }
  connection.end()
  await connection.over()
}
