#!/bin/sh
# Runs a command that builds with cargo. On a terminal cargo shows how far it is; anywhere else this counts crates, a line now and
# then, where cargo would have one for each.
if [ -t 2 ]; then
    exec "$@"
fi
CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80
export CARGO_TERM_PROGRESS_WHEN CARGO_TERM_PROGRESS_WIDTH

# The exit status comes by descriptor 3: that of a pipe would be awk's. Standard output is left alone.
exec 4>&1
status=$({
    {
        "$@" 2>&1 >&4 3>&- 4>&-
        echo $? >&3
    } | awk '
        # Progress is a line that ends with a carriage return; what cargo has to say comes between.
        BEGIN { RS = "\r" }
        {
            count = split($0, lines, "\n")
            for (number = 1; number <= count; number++) tell(lines[number])
        }
        function tell(line, place) {
            gsub(/\033\[[0-9;]*[A-Za-z]/, "", line)
            if (match(line, /^ *Building \[[^]]*\] *[0-9]+\/[0-9]+/)) {
                split(substr(line, RSTART, RLENGTH), parts, "] *")
                split(parts[2], place, "/")
                if (place[1] + 0 >= next_count && place[1] > 0) {
                    printf "  %d of %d crates\n", place[1], place[2]
                    fflush()
                    # The last ones take longest.
                    next_count = place[1] + (place[2] - place[1] < 6 ? 1 : place[2] / 10)
                }
            } else if (line !~ /^ *(Building|Compiling|Checking|Documenting|Downloading|Downloaded|Updating|Locking|Fresh|Finished|Installing|Installed|Replacing|Replaced|Generated|Executable)( |$)/ && line !~ /^ *$/) {
                print line
                fflush()
            }
        }' >&2 4>&-
} 3>&1)
exit "$status"
