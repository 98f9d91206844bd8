import t from 'tap'
import { quote } from '../../src/core/quote.ts'

t.test('a text is quoted as it is', async t => {
  t.equal(quote('127.0.0.1:1080'), '"127.0.0.1:1080"')
  t.equal(quote(''), '""')
  t.equal(quote('bücher.example'), '"bücher.example"')
})

t.test('quotes and control characters become escapes', async t => {
  t.equal(quote('a"b\n\u001b[31m\0'), String.raw`"a\"b\n\u001b[31m\u0000"`)
})

t.test('a long text is shortened', async t => {
  t.equal(quote('a'.repeat(200)), `"${'a'.repeat(200)}"`)
  t.equal(quote('a'.repeat(201)), `"${'a'.repeat(200)}..."`)
})
