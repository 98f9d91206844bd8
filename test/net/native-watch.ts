import t from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { createPoller } from '../../src/libc/poller.ts'
import type { NativeSocket } from '../../src/net/native-socket.ts'
import { watchNativeFirstByte } from '../../src/net/native-watch.ts'
import { nativePair } from '../fixtures/native-pair.ts'
import { testWatch } from '../fixtures/watch-cases.ts'

const loaded = loadLibc()
if (loaded.ok) {
  const { libc } = loaded
  const poller = createPoller(libc)
  t.teardown(() => poller.close())
  testWatch<NativeSocket>({
    watch: watchNativeFirstByte,
    pair: async t => {
      const { outer, inner } = await nativePair(t, libc, poller)
      return { ours: inner, target: outer }
    },
    // What it takes it gives out at once, and the cases would see it.
    readAhead: socket => socket.readableLength,
    isPaused: () => true,
  })
} else {
  void t.test('native', { skip: `the C library cannot be had: ${loaded.reason}` }, () => {})
}
