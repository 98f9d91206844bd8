import t from 'tap'
import type { RaceEntry, RacesAnswer } from '../../src/admin/api.ts'
import type { Answer, ApiClient } from '../../src/dashboard/api-client.ts'
import { REQUEST_TIMEOUT_MS } from '../../src/dashboard/api-client.ts'
import { backoffMs, runFeed } from '../../src/dashboard/race-feed.ts'
import { createStore } from '../../src/dashboard/store.ts'
import { plainRace } from '../fixtures/race-entry.ts'
import { statusAnswer } from '../fixtures/status-answer.ts'

const ok = <Value>(value: Value): Answer<Value> => ({ isOk: true, value })
const no = (status: number, message: string): Answer<never> => ({ isOk: false, status, message })

const event = (id: number): string => `id: ${id}\ndata: ${JSON.stringify(plainRace({ id }))}\n\n`

/** A feed whose answers and waits the test makes. */
const startFeed = (facts: Partial<ApiClient> = {}) => {
  const links: string[] = []
  const waits: number[] = []
  const streams: { after: number; controller: ReadableStreamDefaultController<Uint8Array> }[] = []
  const releases: (() => void)[] = []
  const tokens: (() => void)[] = []
  const over = new AbortController()
  let stored: RaceEntry[] = []
  let isWatched = false
  const real = createStore(() => {})
  const api: ApiClient = {
    status: async () => ok(statusAnswer()),
    races: async () => ok({ races: stored }),
    connections: async () => ok({ total: 0, connections: [] }),
    history: async () => ok({ demoted: [] }),
    race: async () => ok(plainRace()),
    stream: async after =>
      ok(
        new ReadableStream<Uint8Array>({
          start: controller => void streams.push({ after, controller }),
        }),
      ),
    ...facts,
  }
  const ended = runFeed(
    {
      api,
      store: {
        state: real.state,
        dispatch: action => {
          if (action.type === 'link') links.push([action.link, action.reason].join(' ').trim())
          real.dispatch(action)
        },
      },
      now: () => 0,
      random: () => 1,
      sleep: (ms, signal) =>
        new Promise(resolve => {
          waits.push(ms)
          releases.push(resolve)
          signal.addEventListener('abort', () => resolve(), { once: true })
        }),
      nextToken: () => new Promise(resolve => tokens.push(resolve)),
      isWatched: () => isWatched,
    },
    over.signal,
  )
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
  }
  return {
    links,
    waits,
    streams,
    state: real.state,
    settle,
    store: (...races: readonly RaceEntry[]) => (stored = [...races]),
    watch: () => (isWatched = true),
    send: (text: string) => streams.at(-1)?.controller.enqueue(new TextEncoder().encode(text)),
    breakOff: () => streams.at(-1)?.controller.error(new Error('network')),
    /** Ends all waits. */
    pass: async () => {
      for (const release of releases.splice(0)) release()
      await settle()
    },
    giveToken: async () => {
      for (const give of tokens.splice(0)) give()
      await settle()
    },
    end: async () => {
      over.abort()
      await ended
    },
  }
}

t.test('known races first, then the stream from there on', async t => {
  const feed = startFeed()
  feed.store(plainRace({ id: 5 }), plainRace({ id: 4 }))
  await feed.settle()
  t.same(feed.links, ['live'])
  t.equal(feed.streams[0]?.after, 5)
  feed.send(event(6) + event(7).slice(0, 20))
  await feed.settle()
  feed.send(event(7).slice(20))
  feed.send('data: no JSON\n\ndata: null\n\nevent: other\ndata: {"id":9}\n\n')
  feed.send('event: skipped\ndata: {"races":12}\n\nevent: skipped\ndata: x\n\n')
  await feed.settle()
  t.same(
    feed.state().races.map(({ race }) => race.id),
    [4, 5, 6, 7],
  )
  t.equal(feed.state().skipped, 12)
  await feed.end()
})

t.test('a stream that breaks off is opened again, where it was', async t => {
  const feed = startFeed()
  await feed.settle()
  feed.send(`retry: 2000\n\n${event(8)}`)
  await feed.settle()
  feed.breakOff()
  await feed.settle()
  t.same(feed.links, ['live', 'reconnecting the stream broke off'])
  t.equal(feed.waits.at(-1), 2000, 'not before the server wants it')
  await feed.pass()
  t.equal(feed.links.at(-1), 'live')
  t.equal(feed.streams.at(-1)?.after, 8)
  feed.streams.at(-1)?.controller.close()
  await feed.settle()
  t.equal(feed.links.at(-1), 'reconnecting the daemon ended the stream')
  await feed.end()
})

t.test('what was missed in a break comes from the stream alone', async t => {
  let asked = 0
  const feed = startFeed({
    races: async () => {
      asked++
      return ok({ races: [plainRace({ id: 5 })] })
    },
  })
  await feed.settle()
  feed.breakOff()
  await feed.settle()
  await feed.pass()
  feed.send(`event: skipped\ndata: {"races":3}\n\n${event(9)}`)
  await feed.settle()
  t.equal(asked, 1)
  t.equal(feed.streams.at(-1)?.after, 5)
  t.match(feed.state(), { skipped: 3, newestId: 9 })
  await feed.end()
})

t.test('a stream that does not begin is given up', async t => {
  const feed = startFeed({ stream: () => new Promise(() => {}) })
  await feed.settle()
  t.same(feed.links, [])
  t.same(feed.waits, [REQUEST_TIMEOUT_MS])
  await feed.pass()
  t.equal(feed.links.at(-1), 'reconnecting the daemon did not answer in time')
  await feed.end()
})

t.test('an answer of another form ends the connection, not the page', async t => {
  const feed = startFeed({ races: async () => ok({} as RacesAnswer) })
  await feed.settle()
  t.match(feed.links, [/^reconnecting the daemon answered with something/])
  await feed.pass()
  t.equal(feed.links.length, 2, 'it is tried again')
  await feed.end()
})

t.test('a daemon that restarted has its races from the first one on', async t => {
  let startedAt = 1
  const feed = startFeed({ status: async () => ok(statusAnswer({ startedAt })) })
  feed.store(plainRace({ id: 3 }))
  await feed.settle()
  feed.breakOff()
  startedAt = 2
  feed.store(plainRace({ id: 1 }))
  await feed.settle()
  await feed.pass()
  t.equal(feed.streams.at(-1)?.after, 1)
  t.same(
    feed.state().races.map(({ race }) => race.id),
    [3, 1],
  )
  await feed.end()
})

t.test('each attempt that fails waits longer', async t => {
  let isUp = false
  const feed = startFeed({
    status: async () => (isUp ? ok(statusAnswer()) : no(0, 'the daemon does not answer')),
  })
  await feed.settle()
  for (let turn = 0; turn < 7; turn++) await feed.pass()
  t.same(feed.waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
  isUp = true
  await feed.pass()
  t.equal(feed.links.at(-1), 'live')
  isUp = false
  feed.breakOff()
  await feed.settle()
  t.equal(feed.waits.at(-1), 500, 'a connection that worked starts anew')
  await feed.end()
})

t.test('a vanished daemon is noticed by a poll, though its stream does not end', async t => {
  let isUp = true
  const feed = startFeed({
    status: async () => (isUp ? ok(statusAnswer()) : no(0, 'the daemon did not answer in time')),
  })
  await feed.settle()
  isUp = false
  await feed.pass()
  t.equal(feed.links.at(-1), 'reconnecting the daemon did not answer in time')
  await feed.end()
})

t.test('connections and history are asked for while somebody looks', async t => {
  const asked: string[] = []
  const feed = startFeed({
    connections: async () => {
      asked.push('connections')
      return asked.length < 3 ? ok({ total: 0, connections: [] }) : no(500, 'broken')
    },
    history: async () => {
      asked.push('history')
      return asked.length < 6 ? ok({ demoted: [] }) : no(0, 'no history')
    },
  })
  await feed.settle()
  await feed.pass()
  t.same(asked, [])
  feed.watch()
  await feed.pass()
  t.same(asked, ['connections', 'history'])
  t.match(feed.state(), { connections: { total: 0 }, demoted: [] })
  await feed.pass()
  t.same(feed.links, ['live'], 'one answer that is an error ends nothing')
  await feed.pass()
  t.equal(feed.links.at(-1), 'reconnecting no history')
  await feed.end()
})

t.test('without its token nothing is asked until there is another', async t => {
  let token = 'wrong'
  const feed = startFeed({
    status: async () => (token === 'right' ? ok(statusAnswer()) : no(401, 'a token is needed')),
  })
  await feed.settle()
  t.same(feed.links, ['token a token is needed'])
  t.same(feed.waits, [])
  await feed.giveToken()
  t.same(feed.links.slice(1), ['connecting', 'token a token is needed'])
  token = 'right'
  await feed.giveToken()
  t.equal(feed.links.at(-1), 'live')
  await feed.end()
})

for (const name of ['races', 'stream'] as const) {
  t.test(`${name} that fails ends the connection`, async t => {
    const feed = startFeed({ [name]: async () => no(500, 'broken') })
    await feed.settle()
    t.equal(feed.links.at(-1), 'reconnecting broken')
    await feed.end()
  })
}

t.test('delays vary by half', async t => {
  t.equal(backoffMs(1, 0), 250)
  t.equal(backoffMs(1, 1), 500)
  t.equal(backoffMs(100, 0.5), 11_250)
  t.equal(backoffMs(1, 0, 3000), 3000)
})
