/**
 * Loaded with --import into a test, it makes the test's imports from src/ be answered by dist/: the
 * sources that a test names stay the same, what runs is the build that users get. It is plain
 * JavaScript because it runs before TypeScript can be loaded.
 */
import module from 'node:module'

const root = new URL('../', import.meta.url).href

/** The address in dist/ of what `specifier` means in src/; undefined where it means something else. */
const built = (specifier, parent) => {
  if (!specifier.startsWith('.') || !parent?.startsWith(`${root}test/`)) return undefined
  const { href } = new URL(specifier, parent)
  if (!href.startsWith(`${root}src/`)) return undefined
  return `${root}dist/${href.slice(`${root}src/`.length).replace(/\.ts$/, '.js')}`
}

export const resolve = (specifier, context, next) =>
  next(built(specifier, context.parentURL) ?? specifier, context)

// Node 20 has only the older way, which loads this file once more on a thread of its own.
const isHooksThread = import.meta.url.endsWith('?hooks')
if (module.registerHooks) module.registerHooks({ resolve })
else if (!isHooksThread) module.register(`${import.meta.url}?hooks`)
