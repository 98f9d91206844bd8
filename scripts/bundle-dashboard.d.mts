/** Bundles the dashboard into a folder. @returns the files that went into it */
export declare const bundleDashboard: (to: string) => Promise<string[]>
