import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { ApiClient } from '../api-client.ts'
import type { Link } from '../state.ts'
import type { DashboardState } from '../state.ts'
import type { Store } from '../store.ts'
import { Connections } from './connections.tsx'
import { Header } from './header.tsx'
import { History } from './history.tsx'
import { Listeners } from './listeners.tsx'
import { PageContext, useSelected } from './page-context.ts'
import { Plots } from './plots.tsx'
import { Races } from './races.tsx'
import { Summary } from './summary.tsx'
import { TokenForm } from './token-form.tsx'
import type { TokenKeeper } from './token.ts'

type AppProps = {
  readonly store: Store
  readonly api: ApiClient
  readonly token: TokenKeeper
}

const linkOf = ({ link }: DashboardState): Link => link

/** The whole page. */
export const App = ({ store, api, token }: AppProps): JSX.Element => {
  const [isPaused, setIsPaused] = useState(false)
  const link = useSelected(store, linkOf)
  const parts = useMemo(() => ({ store, api, isPaused }), [store, api, isPaused])
  return (
    <PageContext.Provider value={parts}>
      <a class="skip" href="#main">
        To the content
      </a>
      <Header onPause={() => setIsPaused(!isPaused)} />
      <main id="main" tabIndex={-1}>
        {link === 'token' && <TokenForm hasToken={token.read() !== null} onToken={token.give} />}
        <Summary />
        <Plots />
        <Races />
        <Connections />
        <div class="pair pair-tables">
          <History />
          <Listeners />
        </div>
      </main>
    </PageContext.Provider>
  )
}
