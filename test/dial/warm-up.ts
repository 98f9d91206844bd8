import t from 'tap'
import { warmUp } from '../../src/dial/warm-up.ts'

void t.test('one race that connects, one that is refused, one without an address', async t => {
  const asked: unknown[] = []
  let closed = 0
  const peers = { tcpPort: 1, dnsPort: 2, close: () => void closed++ }
  const race = async (target: unknown, dnsPort: number, signal: AbortSignal): Promise<void> => {
    asked.push([target, dnsPort, signal.aborted])
    if (asked.length === 2) throw new Error('went wrong')
    t.equal(closed, 0)
  }
  await warmUp(race, async () => peers)
  t.strictSame(asked, [
    [{ host: '127.0.0.1', port: 1 }, 2, false],
    [{ host: '127.0.0.1', port: 2 }, 2, false],
    [{ host: 'warm-up.invalid', port: 1 }, 2, false],
  ])
  t.equal(closed, 1)
})

void t.test('a host without loopback is not warmed up', async t => {
  const race = async (): Promise<void> => void t.fail('there is nothing to race to')
  await warmUp(race, async () => Promise.reject(new Error('EADDRNOTAVAIL')))
})
