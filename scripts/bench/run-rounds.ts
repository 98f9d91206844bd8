import { createFreePorts } from './free-ports.ts'
import { startGenerator, startOrigin } from './start-load.ts'
import type { Bench, Step } from './steps.ts'
import type { Contender, OriginPorts, Sample, Started, World } from './types.ts'

/** The most idle connections that are tried, where the limit on open files allows. */
const MAX_IDLE = 10_000
/** Files that a proxy, or a generator, needs beside its connections. */
const OTHER_FILES = 200

export type Plan = {
  readonly contenders: readonly Contender[]
  readonly steps: readonly Step[]
  readonly rounds: number
  readonly seconds: number
  /** Of each step with small work, before the first round: code that has never run is slow, and that is not what is measured. */
  readonly warmUpSeconds: number
  readonly firstPort: number
  /** Called for each sample as soon as it is there. */
  readonly onSample: (sample: Sample) => void
}

/** One that takes part, as far as it could be started. */
type Place = {
  readonly contender: Contender
  readonly ports: OriginPorts
  readonly world: World
  readonly started: Started | Error
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Begins with another one in each round, so that none always follows the same one. */
const rotated = <T>(things: readonly T[], by: number): T[] => {
  const first = by % Math.max(1, things.length)
  return [...things.slice(first), ...things.slice(0, first)]
}

/** Runs everything: all contenders take turns in each step of each round. */
export const runRounds = async (
  { contenders, steps, rounds, seconds, warmUpSeconds, firstPort, onSample }: Plan,
  common: Pick<World, 'owner' | 'directory' | 'openFiles'>,
): Promise<Sample[]> => {
  const { owner, openFiles } = common
  const nextPort = createFreePorts(firstPort)
  const pairs: (readonly [Contender, OriginPorts])[] = []
  for (const contender of contenders) {
    pairs.push([contender, { origin: await nextPort(), bulk: await nextPort() }])
  }
  await startOrigin(
    owner,
    pairs.map(([, { origin }]) => origin),
  )
  await startOrigin(
    owner,
    pairs.map(([, { bulk }]) => bulk),
  )
  const main = startGenerator(owner)
  const beside = startGenerator(owner)

  const places: Place[] = []
  for (const [contender, ports] of pairs) {
    const world = { ...common, ports, nextPort }
    const started = await contender
      .start(world)
      .catch((error: unknown) => new Error(wordsOf(error)))
    places.push({ contender, ports, world, started })
  }
  const benchOf = ({ contender, ports, world }: Place, started: Started): Bench => ({
    contender,
    ports,
    started,
    startFresh: () => contender.start(world),
    main,
    beside,
    seconds,
    maxIdle: Math.min(MAX_IDLE, Math.floor((openFiles - OTHER_FILES) / 2)),
  })
  const runStep = async (place: Place, step: Step): Promise<Pick<Sample, 'values' | 'failure'>> => {
    const { started } = place
    if (started instanceof Error) return { values: {}, failure: started.message }
    try {
      return await step.run(benchOf(place, started))
    } catch (error) {
      return { values: {}, failure: wordsOf(error) }
    }
  }
  for (const place of places) {
    if (place.started instanceof Error) continue
    const bench = { ...benchOf(place, place.started), seconds: warmUpSeconds }
    for (const step of steps) {
      if (step.isWarmUp && step.suits(place.contender)) await step.run(bench)
    }
  }

  const samples: Sample[] = []
  for (let round = 1; round <= rounds; round++) {
    for (const step of steps) {
      for (const place of rotated(places, round)) {
        if (!step.suits(place.contender)) continue
        const found = await runStep(place, step)
        const sample = { round, step: step.name, contender: place.contender.name, ...found }
        samples.push(sample)
        onSample(sample)
      }
    }
  }
  return samples
}
