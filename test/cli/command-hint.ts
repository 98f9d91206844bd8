import t from 'tap'
import { commandHint } from '../../src/cli/command-hint.ts'

t.test('what stands where a command should', async t => {
  for (const [word, line] of [
    ['eyeballd.yaml', '-c eyeballd.yaml'],
    ['./my.yml', '-c ./my.yml'],
    ['/etc/eyeballd', '-c /etc/eyeballd'],
    ['config.json', '-c config.json'],
    ['help', '--help'],
    ['version', '--version'],
    ['1080', '-l 1080'],
    [':1080', '-l :1080'],
    ['127.0.0.1:1080', '-l 127.0.0.1:1080'],
    ['unix:/run/x', '-l unix:/run/x'],
    ['5432:db.example.com:5432', '-L 5432:db.example.com:5432'],
    ['example.com', 'race example.com'],
    ['example.com:443', 'race example.com:443'],
    ['https://example.com/', 'race https://example.com/'],
  ] as const) {
    t.equal(commandHint(word), `; did you mean eyeballd ${line}?`, word)
  }
  for (const word of ['sevre', '', '-', 'a b', '70000', 'a..b'])
    t.equal(commandHint(word), '', word)
})
