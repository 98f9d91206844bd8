@rem What `exec` is to a shell: package.json begins with it, so that none stands between npm and the daemon.
@%*
