import t from 'tap'
import { encodeNotification } from '../../../src/daemon/systemd/notification.ts'

t.test('one assignment a line, as sd_notify(3) defines them', async t => {
  t.equal(encodeNotification({ state: 'ready', status: 'serving' }), 'READY=1\nSTATUS=serving')
  t.equal(
    encodeNotification({ reloadingAtUs: 12_345_678_901_234n }),
    'RELOADING=1\nMONOTONIC_USEC=12345678901234',
  )
  t.equal(
    encodeNotification({ state: 'stopping', extendTimeoutMs: 40_000.5 }),
    'STOPPING=1\nEXTEND_TIMEOUT_USEC=40000500',
  )
  t.equal(encodeNotification({ watchdog: true }), 'WATCHDOG=1')
  t.equal(encodeNotification({}), '')
})

t.test('a status cannot add an assignment, and stays short', async t => {
  t.equal(
    encodeNotification({ status: ' a\nMAINPID=1\r\n\u0000b\u2028c ' }),
    'STATUS=a MAINPID=1 b c',
  )
  const long = encodeNotification({ status: 'x'.repeat(500) })
  t.equal(long, `STATUS=${'x'.repeat(197)}...`)
})
