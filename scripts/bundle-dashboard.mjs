/**
 * Bundles the dashboard, src/dashboard/view/, into three files: index.html, app.js and app.css, with all that
 * they need. Plain JavaScript, because build.mjs uses it.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The oldest browsers with `light-dark()` of CSS and `AbortSignal.any()`. */
const BROWSERS = ['chrome123', 'edge123', 'firefox124', 'safari17.5']

/**
 * @param to the folder that gets the files
 * @returns the files that went into the bundle, from the root of the repository
 */
export const bundleDashboard = async to => {
  const esbuild = await import('esbuild')
  const view = join(root, 'src', 'dashboard', 'view')
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [
      { in: join(view, 'main.tsx'), out: 'app' },
      { in: join(view, 'app.css'), out: 'app' },
    ],
    outdir: to,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: BROWSERS,
    tsconfig: join(view, 'tsconfig.json'),
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  copyFileSync(join(view, 'index.html'), join(to, 'index.html'))
  return Object.keys(metafile.inputs)
}
