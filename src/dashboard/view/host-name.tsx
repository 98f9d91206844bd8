import { Fragment } from 'preact'
import type { JSX } from 'preact'

/** A name that may be broken after its dots, where a narrow page has to. */
export const HostName = ({ text }: { readonly text: string }): JSX.Element => (
  <span class="name" title={text}>
    {text.split(/(?<=[.:])/).map((part, i) => (
      <Fragment key={i}>
        {i > 0 && <wbr />}
        {part}
      </Fragment>
    ))}
  </span>
)
