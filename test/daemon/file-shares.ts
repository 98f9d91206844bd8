import fc from 'fast-check'
import t from 'tap'
import { connectionsOf, fileShares, filesForConnections } from '../../src/daemon/file-shares.ts'
import { connectionsInForce } from '../../src/listener/admission.ts'

const config = (addresses: number, admin = 0, mode: 'dns' | 'system' = 'dns') => ({
  listeners: [{ listen: Array.from({ length: addresses }) }],
  admin: { listen: Array.from({ length: admin }) },
  resolver: { mode },
})

/** Open descriptors of a daemon with one relay worker before its first listener, on Node 26. */
const HELD = 32

const inUse = (openFiles: number, open = HELD) => ({
  openFiles,
  open,
  pipesOf: (share: number) => share,
})

t.test('each use has its share of the descriptors', async t => {
  t.strictSame(fileShares(64), {
    queries: 4,
    sources: 1,
    pipes: 1,
    greetings: 2,
    admin: 2,
    waiting: 2,
    occasional: 4,
  })
  t.strictSame(fileShares(1024), {
    queries: 64,
    sources: 16,
    pipes: 16,
    greetings: 4,
    admin: 8,
    waiting: 32,
    occasional: 32,
  })
  const plenty = { queries: 64, sources: 16, greetings: 4, admin: 8, waiting: 64, occasional: 32 }
  t.strictSame(fileShares(20_000), { ...plenty, pipes: 312 })
  t.strictSame(fileShares(Infinity), { ...plenty, pipes: 32_768 })
})

t.test('connections get the remaining descriptors', async t => {
  const force = (openFiles: number): number => {
    const files = filesForConnections(inUse(openFiles), config(2))
    return connectionsInForce({
      maxConnections: 10_000,
      maxConnectionsPerClient: 0,
      maxConnectionsPerUser: 0,
      files,
    })
  }
  for (const [openFiles, connections] of [
    [64, 3],
    [128, 16],
    [256, 43],
    [1024, 202],
    [20_000, 4790],
    [65_536, 10_000],
    [Infinity, 10_000],
  ] as const) {
    t.equal(force(openFiles), connections, String(openFiles))
  }
})

t.test('other uses leave fewer descriptors for connections', async t => {
  const left = (...[openFiles, open]: Parameters<typeof inUse>) =>
    filesForConnections(inUse(openFiles, open), config(1))
  t.equal(left(1024, 40), left(1024, 30) - 10)
  const files = (...given: Parameters<typeof config>) =>
    filesForConnections(inUse(1024), config(...given))
  t.equal(files(3), files(1) - 4, 'a reload has the new and the old addresses open')
  t.equal(files(1, 1), files(1) - 11, 'an endpoint, its connections, and a race of its own')
  t.equal(files(1, 0, 'system'), files(1) - 4)
  t.equal(
    filesForConnections({ ...inUse(1024), pipesOf: () => 0 }, config(1)),
    files(1) + 32,
    'streams',
  )
})

t.test('too few descriptors are an error with the number that is needed', async t => {
  const least = HELD + 4 + 1 + 2 + 2 + 4 + 2 + 4
  t.equal(filesForConnections(inUse(least), config(1)), 4)
  t.throws(() => filesForConnections(inUse(least - 1), config(1)), {
    code: 'ERR_OPEN_FILES',
    message:
      `the limit on open files is ${least - 1}: this configuration needs at least ${least}, and four more ` +
      'for each further connection; raise it (ulimit -n, LimitNOFILE=)',
    openFiles: least - 1,
    least,
  })
})

t.test(
  'the number that is asked for is enough, and so is each above it; one less is not',
  async t => {
    const anyConfiguration = fc.record({
      openFiles: fc.integer({ min: 1, max: 600 }),
      open: fc.integer({ min: 10, max: 200 }),
      addresses: fc.integer({ min: 0, max: 300 }),
      admin: fc.integer({ min: 0, max: 2 }),
      mode: fc.constantFrom('dns', 'system'),
      // None: the stream engine.
      workers: fc.integer({ min: 0, max: 32 }),
    })
    let errors = 0
    const holds = fc.property(
      anyConfiguration,
      ({ openFiles, open, addresses, admin, mode, workers }) => {
        const pipesOf = (share: number): number =>
          workers === 0 ? 0 : workers * Math.floor(share / workers)
        const leastAt = (limit: number): number => {
          try {
            filesForConnections({ openFiles: limit, open, pipesOf }, config(addresses, admin, mode))
            return 0
          } catch (error) {
            return (error as { readonly least: number }).least
          }
        }
        const least = leastAt(openFiles)
        if (least === 0) return
        errors++
        for (let limit = least; limit < 2 * least + 200; limit++) {
          if (leastAt(limit) !== 0) throw new Error(`${least} are asked for, ${limit} are too few`)
        }
        if (leastAt(least - 1) !== least) throw new Error(`${least - 1} are asked for ${least}`)
      },
    )
    fc.assert(holds, { numRuns: 150 })
    t.ok(errors > 30, `${errors} limits were too low`)
  },
)

t.test('the connections of so many descriptors are those in force', async t => {
  for (const files of [4, 7, 8, 1001]) {
    const limits = { maxConnections: 10_000, maxConnectionsPerClient: 0, maxConnectionsPerUser: 0 }
    t.equal(connectionsOf(files), connectionsInForce({ ...limits, files }))
  }
})
