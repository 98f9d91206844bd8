import t from 'tap'
import { readFileSync, readdirSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')
const pages = readdirSync(new URL('docs/', root))
  .filter(name => name.endsWith('.md'))
  .map(name => readFileSync(new URL(`docs/${name}`, root), 'utf8'))
const documents = [readme, ...pages].join('\n')

/** Blocks of code that a document says are files of examples/: a name in quotes, and what follows it. */
const printed = [...documents.matchAll(/`examples\/([\w-]+\.mjs)`:\n\n```js\n([\s\S]*?)```/g)]

t.test('the examples that README and docs/ print are those that the tests run', async t => {
  t.ok(printed.length >= 6, 'there are examples')
  const names = printed.map(([, name]) => name)
  t.equal(new Set(names).size, names.length, 'each is printed once')
  t.equal(documents.match(/^```js$/gm)?.length, names.length, 'and nothing else is')
  t.match(readme, '`examples/connect.mjs`:', 'one of them in README')
  for (const [, name = '', code] of printed) {
    t.equal(code, readFileSync(new URL(`examples/${name}`, root), 'utf8'), name)
  }
})

t.test('README and docs/ name every example', async t => {
  for (const name of readdirSync(new URL('examples/', root))) {
    t.ok(documents.includes(`examples/${name}`), name)
  }
})

t.test('README says how to get the command and the library without the registry', async t => {
  const { name, version, bin } = JSON.parse(
    readFileSync(new URL('package.json', root), 'utf8'),
  ) as { name: string; version: string; bin: object }
  t.ok(name in bin, 'npx finds the command by the name of the package')
  t.notMatch(readme, `$ ${name} `, 'before that, commands begin with npx')
  const beforeFirst = readme.slice(0, readme.search(new RegExp(`^ {4}${name}( |$)`, 'm')))
  t.match(beforeFirst, `\`npx ${name} ...\``)
  t.match(beforeFirst, '`npm install -g .`')
  t.match(readme, `\`npm install ./${name}-${version}.tgz\``)
  t.notMatch(readme, `npm install ${name}`)
})

t.test('README names the versions of Node that package.json allows', async t => {
  const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    engines: { node: string }
  }
  t.equal(engines.node, '^20.19 || ^22.12 || >=24')
  t.match(readme, 'Node 20.19 or a later 20, 22.12 or a later 22, or any from 24 on')
})
