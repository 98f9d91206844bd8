@rem cmd.exe has no `exec`, with which package.json starts `npm start`. This file runs the command behind it.
@%*
