/*
 * tun-delay NAMESPACE NEAR FAR DELAY_US
 *
 * A cable with a constant delay: makes the TUN interface NEAR here and FAR in the network namespace whose file is
 * NAMESPACE, and carries every packet from one to the other DELAY_US microseconds after it came. Both interfaces
 * vanish with this process, and this process with its parent. Says "up" once the interfaces are there.
 *
 * Unlike a relay of TCP connections it delays TCP's own handshake and acknowledgements, so that a round trip is one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PACKET = 2048, MAX_WAITING = 16384, MAX_AT_ONCE = 256 };
static const long long NANOSECONDS = 1000000000LL;

struct packet {
  long long due;
  int length;
  unsigned char bytes[MAX_PACKET];
};

/* One direction: a ring of packets under way. The counters only grow; their difference is what is under way. */
struct direction {
  int from, to;
  unsigned sent, received;
  struct packet *ring;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

static int make_interface(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (tun < 0) fail("/dev/net/tun");
  if (ioctl(tun, TUNSETIFF, &request)) fail(name);
  return tun;
}

static int make_interface_in(const char *namespace, const char *name) {
  int here = open("/proc/self/ns/net", O_RDONLY), there = open(namespace, O_RDONLY);
  if (here < 0 || there < 0 || setns(there, CLONE_NEWNET)) fail(namespace);
  int tun = make_interface(name);
  if (setns(here, CLONE_NEWNET)) fail("own namespace");
  return tun;
}

static void receive(struct direction *way, long long delay) {
  for (int count = 0; count < MAX_AT_ONCE && way->received - way->sent < MAX_WAITING; count++) {
    struct packet *packet = &way->ring[way->received % MAX_WAITING];
    packet->length = read(way->from, packet->bytes, MAX_PACKET);
    if (packet->length <= 0) return;
    packet->due = now() + delay;
    way->received++;
  }
}

/* Sends what is due; yields when the next packet is, or -1 where none is under way. */
static long long send_due(struct direction *way) {
  while (way->sent != way->received) {
    struct packet *packet = &way->ring[way->sent % MAX_WAITING];
    if (packet->due > now()) return packet->due;
    /* An interface that is full drops the packet, as a cable would: TCP sends it again. */
    if (write(way->to, packet->bytes, packet->length) < 0) { /* dropped */ }
    way->sent++;
  }
  return -1;
}

static void wait_until(long long due, struct pollfd *interfaces) {
  long long left = due < 0 ? 0 : due - now();
  if (left < 0) left = 0;
  struct timespec timeout = {.tv_sec = left / NANOSECONDS, .tv_nsec = left % NANOSECONDS};
  ppoll(interfaces, 2, due < 0 ? NULL : &timeout, NULL);
}

static long long earlier(long long one, long long other) {
  if (one < 0) return other;
  if (other < 0) return one;
  return one < other ? one : other;
}

int main(int count, char **arguments) {
  if (count != 5) {
    fputs("usage: tun-delay NAMESPACE NEAR FAR DELAY_US\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  long long delay = atoll(arguments[4]) * 1000;
  int near = make_interface(arguments[2]);
  int far = make_interface_in(arguments[1], arguments[3]);
  struct direction there = {.from = near, .to = far}, back = {.from = far, .to = near};
  there.ring = malloc(MAX_WAITING * sizeof(struct packet));
  back.ring = malloc(MAX_WAITING * sizeof(struct packet));
  if (!there.ring || !back.ring) fail("memory");
  puts("up");
  fflush(stdout);
  struct pollfd interfaces[2] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
  for (;;) {
    long long next = earlier(send_due(&there), send_due(&back));
    wait_until(next, interfaces);
    if (interfaces[0].revents & POLLIN) receive(&there, delay);
    if (interfaces[1].revents & POLLIN) receive(&back, delay);
  }
}
