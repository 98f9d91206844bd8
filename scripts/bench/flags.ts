import { parseArgs } from 'node:util'

/** What `npm run bench` was asked for. */
export type Flags = {
  readonly rounds: number
  /** Of one measurement. */
  readonly seconds: number
  /** Of each step with small work, before the first round. Node's compiler takes some 100,000 connections. */
  readonly warmUpSeconds: number
  /** Parts of the names of contenders, and of steps, that are wanted; all where there are none. */
  readonly only: readonly string[]
  readonly steps: readonly string[]
  readonly nodes: readonly string[]
  /** The command of a build that is there already. */
  readonly bin?: string
  readonly firstPort: number
  readonly json: string
  readonly svg: string
  readonly isReadme: boolean
  /** Results of an earlier run, which is not done again. */
  readonly from?: string
}

const NODES = ['26', '20']

const number = (flag: string, text: string, low: number, high: number): number => {
  const value = Number(text)
  if (text.trim() !== '' && value >= low && value <= high) return value
  throw new Error(`--${flag}: ${JSON.stringify(text)} is not a number from ${low} to ${high}`)
}

const wordsOf = (values: readonly string[]): string[] =>
  values.flatMap(words => words.split(',')).filter(Boolean)

/** @throws where they are not understood, with the reason */
export const parseFlags = (args: readonly string[]): Flags => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      steps: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      node: { type: 'string', multiple: true, default: [] },
      bin: { type: 'string' },
      port: { type: 'string', default: '17000' },
      json: { type: 'string', default: '.bench/bench.json' },
      svg: { type: 'string', default: '.bench/bench.svg' },
      readme: { type: 'boolean', default: false },
      from: { type: 'string' },
    },
  })
  const { quick } = values
  const rounds = number('rounds', values.rounds ?? (quick ? '1' : '5'), 1, 99)
  if (!Number.isInteger(rounds)) throw new Error('--rounds: it is a whole number')
  const nodes = values.node.length > 0 ? values.node : quick ? NODES.slice(0, 1) : NODES
  return {
    rounds,
    seconds: number('seconds', values.seconds ?? (quick ? '0.5' : '1'), 0.1, 600),
    warmUpSeconds: number('warm-up', values['warm-up'] ?? (quick ? '1' : '10'), 0.1, 600),
    only: wordsOf(values.only),
    steps: wordsOf(values.steps),
    nodes,
    ...(values.bin === undefined ? {} : { bin: values.bin }),
    firstPort: number('port', values.port, 1024, 32_000),
    json: values.json,
    svg: values.svg,
    isReadme: values.readme,
    ...(values.from === undefined ? {} : { from: values.from }),
  }
}

/**
 * Of things with names, those whose name has one of the words in it; all where there are no words.
 *
 * @throws where a word is in no name
 */
export const wanted = <Named extends { readonly name: string }>(
  flag: string,
  things: readonly Named[],
  words: readonly string[],
): Named[] => {
  const has = ({ name }: Named, word: string): boolean =>
    name.toLowerCase().includes(word.toLowerCase())
  const unknown = words.find(word => !things.some(thing => has(thing, word)))
  if (unknown !== undefined) {
    const names = things.map(({ name }) => name).join(', ')
    throw new Error(`--${flag}: ${JSON.stringify(unknown)} is in none of these names: ${names}`)
  }
  return things.filter(thing => words.length === 0 || words.some(word => has(thing, word)))
}
