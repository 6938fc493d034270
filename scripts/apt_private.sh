# shellcheck shell=sh
# A private apt: package sources and foreign packages without touching the
# machine's own configuration, and without root.  Sourced after lib.sh.
#
# The list of mirrors is derived from the machine's configuration, so proxies,
# mirrors, keys and credentials are the ones its owner chose; only the entries
# of the distribution's own archive are taken.  On Debian the release is
# replaced by APT_RELEASE, so that every Debian machine sees the same packages.
# Lists, caches and the (empty) package status live in a folder of their own.

APT_RELEASE=bookworm

# apt_codename: the release that this machine runs.
apt_codename() {
	(
		VERSION_CODENAME=
		[ ! -r /etc/os-release ] || . /etc/os-release
		echo "${VERSION_CODENAME:-unknown}"
	)
}

# apt_target CODENAME: the release whose packages are wanted.
apt_target() {
	if [ -f /etc/debian_version ] && grep -q '^ID=debian' /etc/os-release
	then
		echo "$APT_RELEASE"
	else
		echo "$1"
	fi
}

# apt_suites: the awk function shared by both formats; maps a suite of the
# machine to the wanted release, or to nothing if it is somebody else's.
apt_suites='
	function mapped(suite,   rest) {
		rest = suite
		if (index(suite, from) == 1)
			rest = substr(suite, length(from) + 1)
		else if (!sub(/^(stable|testing|unstable|sid)/, "", rest))
			return ""
		if (rest != "" && rest != "-updates" && rest != "-security" &&
		    rest != "/updates")
			return ""
		return to rest
	}'

# apt_derive_sources TYPE: every archive entry of the machine as TYPE (deb or
# deb-src), in the stanza format, on stdout.
apt_derive_sources() {
	from=$(apt_codename)
	to=$(apt_target "$from")
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] || continue
		awk -v type="$1" -v from="$from" -v to="$to" "$apt_suites"'
		function flush(   i) {
			if (is_deb && suites != "") {
				print "Types: " type
				print "Suites:" suites
				for (i = 1; i <= n; i++)
					print line[i]
				print ""
			}
			n = 0; is_deb = 0; suites = ""
		}
		/^#/ { next }
		/^[ \t]*$/ { flush(); next }
		/^[^ \t]/ { key = tolower($1) }
		key == "types:" { is_deb = is_deb || / deb( |$)/; next }
		key == "suites:" {
			for (i = 1; i <= NF; i++)
				if (mapped($i) != "")
					suites = suites " " mapped($i)
			next
		}
		key == "architectures:" { next }
		key == "enabled:" && tolower($2) == "no" { is_deb = -99 }
		{ line[++n] = $0 }
		END { flush() }' "$file"
	done
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$file" ] || continue
		awk -v type="$1" -v from="$from" -v to="$to" "$apt_suites"'
		$1 != "deb" { next }
		{
			sub(/#.*/, "")
			options = ""
			if (match($0, /\[[^]]*\]/)) {
				options = substr($0, RSTART + 1, RLENGTH - 2)
				sub(/\[[^]]*\]/, "")
			}
			if (mapped($3) == "")
				next
			print "Types: " type
			print "URIs: " $2
			print "Suites: " mapped($3)
			printf "Components:"
			for (i = 4; i <= NF; i++)
				printf " %s", $i
			print ""
			k = split(options, option, /[ \t]+/)
			for (i = 1; i <= k; i++)
				if (sub(/^signed-by=/, "", option[i]))
					print "Signed-By: " option[i]
				else if (option[i] == "trusted=yes")
					print "Trusted: yes"
			print ""
		}' "$file"
	done
}

# apt_private_open DIR TYPE ARCH: make (or refresh) a private apt in DIR;
# afterwards apt_private runs apt tools with it.
apt_private_open() {
	apt_dir=$1
	need apt-get apt-cache
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial" \
		"$apt_dir/sources.list.d"
	: >"$apt_dir/status"
	apt_derive_sources "$2" >"$apt_dir/sources.list.d/derived.sources"
	[ -s "$apt_dir/sources.list.d/derived.sources" ] ||
		die "no archive of the distribution in this machine's apt sources"
	cat >"$apt_dir/apt.conf" <<-END
	Dir::State "$apt_dir";
	Dir::State::lists "$apt_dir/lists";
	Dir::State::status "$apt_dir/status";
	Dir::Cache "$apt_dir/cache";
	Dir::Cache::archives "$apt_dir/cache/archives";
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$apt_dir/sources.list.d";
	Dir::Log "$apt_dir";
	APT::Architecture "$3";
	#clear APT::Architectures;
	APT::Architectures { "$3"; };
	APT::Sandbox::User "$(id -un)";
	Acquire::Languages "none";
	Acquire::Retries "3";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear DPkg::Pre-Invoke;
	#clear DPkg::Post-Invoke;
	END
	# One mirror entry of several may be out of order: what counts is
	# whether the package is found afterwards.
	apt_private apt-get update -qq ||
		say "some package lists could not be fetched; going on"
}

# apt_private TOOL ARGS...
apt_private() {
	apt_tool=$1
	shift
	"$apt_tool" -c "$apt_dir/apt.conf" "$@"
}
