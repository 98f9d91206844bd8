/**
 * Loaded with --import into a compiled test, it keeps the lines of compiled files out of tap's
 * diagnostics, which name the lines of the sources too.
 */
import { CallSiteLike } from '@tapjs/stack'

for (const name of ['toString', 'toJSON']) {
  const method = CallSiteLike.prototype[name]
  CallSiteLike.prototype[name] = function nameSource(...words) {
    this.generated = undefined
    return method.apply(this, words)
  }
}
